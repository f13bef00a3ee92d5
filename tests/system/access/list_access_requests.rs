//! `list-access-requests`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{decide, set_time};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-access-requests", "/v1/partners/{partner}/access-requests")
        .by("partnerMember")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_sees_its_requests_newest_first() {
    let world = World::demo().await;
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/partners/{{partner}}/access-requests?pageSize=3{token}");
        let page = world.get(&path).by("partnerMember").send().await.ok();
        ids.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        match &page["nextPageToken"] {
            Value::String(next) => token = format!("&pageToken={next}"),
            _ => break,
        }
    }
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[..3], ["toCancel", "toDecline", "accessRequest"].map(|name| world.id(name).to_owned()));
    let path = "/v1/partners/{partner}/access-requests";
    let states = world.get(path).by("agent").send().await.ok();
    assert_eq!(states["items"][3]["state"], "approved");
    world.get(path).by("otherPartnerMember").assert_rejected(404, "not-found").await;
    world.get(path).by("contactManager").assert_rejected(403, "role-not-allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_filtered_and_counted_by_state() {
    let world = World::demo().await;
    decide(&world, "{toDecline}", "decline", json!({})).send().await.ok();
    decide(&world, "{toCancel}", "cancel", json!({})).send().await.ok();
    let path = "/v1/partners/{partner}/access-requests";
    let counts = json!({"pending": 1, "approved": 1, "declined": 1, "cancelled": 1, "lapsed": 0});
    for (state, id) in [("pending", "accessRequest"), ("declined", "toDecline"), ("cancelled", "toCancel")] {
        let page = world.get(&format!("{path}?state={state}")).by("partnerMember").send().await.ok();
        let [one] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
        assert_eq!((&one["id"], &page["counts"]), (&json!(world.id(id)), &counts));
    }
    let page = world.get(&format!("{path}?state=approved")).by("partnerMember").send().await.ok();
    assert_eq!(
        (&page["items"][0]["organization"]["name"], &page["items"][0]["requestedBy"]["name"]),
        (&json!("株式会社ヤマダ電機"), &json!("Aiko Tanaka"))
    );
    // A request has lapsed from its time on, whether or not the schedule has run.
    set_time(&world, "2026-06-01T00:00:00Z").await;
    let token = world.token("partnerMember");
    let page = world.get(&format!("{path}?state=lapsed")).token(&token).send().await.ok();
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["counts"]["lapsed"], &page["counts"]["pending"]),
        (1, &json!(1), &json!(0))
    );
    let none = world.get(&format!("{path}?state=pending")).token(&token).send().await.ok();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_first_page_has_counts() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/access-requests?pageSize=3";
    let first = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!((&first["counts"]["pending"], &first["counts"]["approved"]), (&json!(3), &json!(1)));
    let next = format!("{path}&pageToken={}", first["nextPageToken"].as_str().unwrap());
    assert_eq!(world.get(&next).by("partnerMember").send().await.ok().get("counts"), None);
    let path = "/v1/partners/{partner}/access-requests?state=open";
    world.get(path).by("partnerMember").assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_sorted_by_the_time_at_which_they_lapse() {
    let world = World::demo().await;
    let (mut times, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/partners/{{partner}}/access-requests?sort=lapsesAt&pageSize=1{token}");
        let page = world.get(&path).by("partnerMember").send().await.ok();
        times.push(page["items"][0]["lapsesAt"].as_str().unwrap().to_owned());
        let Some(next) = page["nextPageToken"].as_str() else { break };
        token = format!("&pageToken={next}");
    }
    assert!(times.len() == 4 && times.is_sorted(), "{times:?}");
    let path = "/v1/partners/{partner}/access-requests?sort=reason";
    world.get(path).by("partnerMember").assert_rejected(400, "invalid-request").await;
}
