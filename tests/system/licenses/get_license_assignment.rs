//! `get-license-assignment`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-license-assignment", "/v1/partners/{partner}/license-assignments/{assignment}")
        .by("partnerMember")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_header_leads_to_the_assignment() {
    let world = World::demo().await;
    let body =
        json!({"organizationId": "{sol}", "lines": [{"licenseType": "edge-storage-1y", "quantity": 2}]});
    let made =
        world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("k").json(body);
    let made = made.send().await;
    let shown = world.get(made.header("location").unwrap()).by("partnerMember").send().await;
    assert_eq!((shown.status, shown.version()), (200, made.version()));
    let mut body = shown.body.clone();
    let names =
        ["partner", "organization", "licenseTypes"].map(|name| body.as_object_mut().unwrap().remove(name));
    assert_eq!(body, made.body);
    let [partner, organization, types] = names.map(Option::unwrap_or_default);
    assert_eq!(partner, json!({"id": world.id("partner"), "name": "Miyako Security"}));
    assert_eq!(organization["id"], world.id("sol"));
    assert!(organization["name"].is_string(), "{organization}");
    let kind =
        json!({"licenseType": "edge-storage-1y", "name": "Edge storage recording, 1 year", "term": "P1Y"});
    assert_eq!(types, json!([kind]));
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_assignment_is_not_found() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/license-assignments/{assignment}";
    world.get(path).by("agent").send().await.ok();
    world.get(path).by("otherPartnerMember").assert_rejected(404, "not-found").await;
    world.get(path).by("contactManager").assert_rejected(403, "role-not-allowed").await;
    // An assignment is not found under the path of another partner, not even by an operator.
    let path = "/v1/partners/{otherPartner}/license-assignments/{assignment}";
    for who in ["otherPartnerMember", "operator"] {
        world.get(path).by(who).assert_rejected(404, "not-found").await;
    }
}
