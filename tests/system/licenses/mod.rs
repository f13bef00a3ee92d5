automod::dir!("licenses");
