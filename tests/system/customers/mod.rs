automod::dir!("customers");
