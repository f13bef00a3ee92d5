//! `list-access-requests`

use serde_json::Value;
use system::World;
use system::payload::Payload;

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
