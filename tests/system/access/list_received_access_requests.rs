//! `list-received-access-requests`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-received-access-requests", "/v1/me/access-requests").by("contactManager").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_manager_sees_requests_addressed_to_its_email() {
    let world = World::demo().await;
    let path = "/v1/me/access-requests";
    let mine = world.get(path).by("contactManager").send().await.ok();
    let shown: Vec<_> =
        mine["items"].as_array().unwrap().iter().map(|one| (&one["id"], &one["partner"]["name"])).collect();
    assert_eq!(shown.len(), 4);
    assert_eq!(shown[0], (&json!(world.id("toCancel")), &json!("Miyako Security")));
    assert_eq!(
        (&mine["items"][0]["requestedBy"]["name"], &mine["items"][0]["individuals"][0]["name"]),
        (&json!("Aiko Tanaka"), &json!("Aiko Tanaka")),
        "the request names both to its addressee"
    );
    assert_eq!(mine["counts"]["pending"], 3);
    let approved = world.get(&format!("{path}?state=approved")).by("contactManager").send().await.ok();
    assert_eq!(approved["items"].as_array().unwrap().len(), 1);
    assert_eq!(approved["items"][0]["state"], "approved");
    let none = world.get(path).by("otherContactManager").send().await.ok();
    assert_eq!((&none["items"], &none["counts"]["pending"]), (&json!([]), &json!(0)));
    for who in ["customer", "partnerAdmin", "operator"] {
        world.get(path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
}
