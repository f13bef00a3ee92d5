automod::dir!("organizations");
