automod::dir!("webhooks");
