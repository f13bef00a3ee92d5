automod::dir!("partners");
