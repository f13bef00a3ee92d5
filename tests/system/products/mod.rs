automod::dir!("products");
