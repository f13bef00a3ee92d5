automod::dir!("people");

use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::{Call, World};

use crate::orders::run_job_after_a_minute;

/// Returns the call that erases the person with an e-mail.
pub fn erase<'a>(world: &'a World, email: &str, redacts: bool) -> Call<'a> {
    let body = json!({"email": email, "redactTexts": redacts});
    world.post("/v1/people/erase").by("operator").key(&format!("erase-{email}-{redacts}")).json(body)
}

/// Begins erasures, kills the process after the first step of each, and leaves them to the scheduled job.
pub async fn leave_erasures_to_job(world: &World) {
    for email in ["sora@yamada.example", "ren@miyako.example"] {
        world.fault_proxy().kill("erase-person", 0, Kill::After);
        assert_eq!(erase(world, email, true).send().await.status, 500);
        world.fault_proxy().spare();
    }
    run_job_after_a_minute(world).await;
    run_job_after_a_minute(world).await;
}

/// Returns the items of the table that contain a text, but for stored answers to earlier calls.
pub async fn items_with(world: &World, text: &str) -> Vec<(String, String)> {
    let found = world.contents().await.into_iter();
    let found = found.filter(|((pk, sk), item)| {
        !pk.starts_with("IDEMPOTENCY#") && [pk, sk, item].iter().any(|part| part.contains(text))
    });
    found.map(|(key, _)| key).collect()
}

/// Asserts that no item contains one of these texts.
pub async fn assert_forgotten(world: &World, texts: &[&str]) {
    for text in texts {
        let left = items_with(world, text).await;
        assert!(left.is_empty(), "{text}: {left:?}");
    }
}

/// Returns the preview of an erasure.
pub async fn preview(world: &World, email: &str) -> Value {
    let call = world.post("/v1/people/erase?validateOnly=true").by("operator").key("preview");
    call.json(json!({"email": email})).send().await.ok()
}

/// Returns all pages of an export together.
pub async fn whole_export(world: &World, path: &str, token: &str, size: usize) -> Value {
    let (mut all, mut next) = (json!({}), String::new());
    loop {
        let and = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{and}pageSize={size}{next}");
        let page = world.get(&path).token(token).send().await.ok();
        let mut items = 0;
        for (name, section) in page.as_object().unwrap() {
            match section {
                Value::Array(section) => {
                    items += section.len();
                    let all = all.as_object_mut().unwrap().entry(name).or_insert_with(|| json!([]));
                    all.as_array_mut().unwrap().extend(section.iter().cloned());
                }
                _ => all[name] = section.clone(),
            }
        }
        assert!(items <= size, "{page}");
        match page["nextPageToken"].as_str() {
            Some(token) => next = format!("&pageToken={token}"),
            None => break,
        }
    }
    let mut without_page = all;
    for name in ["nextPageToken", "exportedAt"] {
        without_page.as_object_mut().unwrap().remove(name);
    }
    without_page
}
