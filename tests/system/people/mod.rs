automod::dir!("people");
