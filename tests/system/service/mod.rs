automod::dir!("service");
