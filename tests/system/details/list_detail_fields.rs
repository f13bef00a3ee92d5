//! `list-detail-fields`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{create, names, seen, update};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-detail-fields", "/v1/detail-fields").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_sees_its_viewable_fields_in_position_order() {
    let world = World::demo().await;
    let all = ["Region", "Support level", "Seats", "Renewal contact", "Internal note"];
    assert_eq!(names(&seen(&world, "operator", "").await), all);
    assert_eq!(names(&seen(&world, "agent", "pageSize=1").await), all, "never cut");
    for who in ["customer", "contactManager"] {
        assert_eq!(names(&seen(&world, who, "").await), all[..4], "{who}");
    }
    assert!(seen(&world, "partnerAdmin", "").await.is_empty());

    let body =
        |name: &str, viewers: &[&str]| json!({"name": name, "type": {"name": "TEXT"}, "viewers": viewers});
    create(&world, body("For admins", &["partnerAdmin"])).send().await.ok();
    create(&world, body("For managers", &["contactManager"])).send().await.ok();
    create(&world, body("For nobody", &[])).send().await.ok();
    assert_eq!(names(&seen(&world, "partnerAdmin", "").await), ["For admins"]);
    assert!(seen(&world, "partnerMember", "").await.is_empty());
    assert_eq!(names(&seen(&world, "contactManager", "").await)[4..], ["For managers"]);
    assert_eq!(names(&seen(&world, "customer", "").await), all[..4]);
    assert_eq!(names(&seen(&world, "operator", "").await)[5..], ["For admins", "For managers", "For nobody"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_fields_are_paged_on_request() {
    let world = World::demo().await;
    for name in ["A", "B", "C"] {
        let made = create(&world, json!({"name": name, "type": {"name": "TEXT"}})).send().await.ok();
        let path = format!("/v1/detail-fields/{}", made["id"].as_str().unwrap());
        world.patch(&path).by("operator").json(json!({"archived": true})).send().await.ok();
    }
    update(&world, json!({"archived": true})).send().await.ok();
    assert_eq!(seen(&world, "operator", "").await.len(), 4);
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/detail-fields?archived=true&pageSize=1{token}");
        let page = world.get(&path).by("operator").send().await.ok();
        found.extend(names(page["items"].as_array().unwrap()).into_iter().map(str::to_owned));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!(found, ["Region", "A", "B", "C"], "in the order of their making");
}
