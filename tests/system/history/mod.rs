automod::dir!("history");
