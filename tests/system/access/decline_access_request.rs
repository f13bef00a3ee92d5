//! `decline-access-request`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{decide, events, level};

#[test]
fn canonical_call_is_published() {
    let body = json!({"reason": "Not for everybody, please"});
    Payload::of("decline-access-request", "/v1/access-requests/{toDecline}/decline")
        .by("contactManager")
        .json(&body)
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_request_leaves_existing_grants_unchanged() {
    let world = World::demo().await;
    let reply = decide(&world, "{toDecline}", "decline", json!({"reason": "Too much"})).send().await;
    assert_eq!(
        (&reply.body["state"], &reply.body["declineReason"]),
        (&json!("declined"), &json!("Too much"))
    );
    assert_eq!(reply.body.get("organizationId"), None, "the partner does not learn whose the e-mail is");
    assert_eq!(level(&world, "ren").await.as_deref(), Some("look"));
    assert_eq!(level(&world, "aiko").await.as_deref(), Some("create"));
    let shown = world.get("/v1/access-requests/{toDecline}").by("partnerMember").send().await.ok();
    assert_eq!(shown["state"], "declined");
    assert!(!shown.to_string().contains(world.id("yamada")), "{shown}");
    let (kind, data) = events(&world, "/v1/partners/{partner}/history", "partnerMember").await.pop().unwrap();
    assert_eq!((&*kind, data), ("access.declined", json!({"requestId": world.id("toDecline")})));
    let history =
        world.get("/v1/partners/{partner}/history?pageSize=1").by("partnerMember").send().await.ok();
    assert!(!history.to_string().contains(world.id("yamada")), "{history}");
    decide(&world, "{toDecline}", "decline", json!({})).assert_rejected(409, "request-not-pending").await;
}
