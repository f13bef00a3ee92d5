//! `remove-service-request-contact`

use serde_json::json;
use system::payload::Payload;
use system::{Call, World};

use super::{PATH, add_ren, grant_ren, listed_ids};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "remove-service-request-contact",
        "/v1/organizations/{bogazici}/service-requests/{otherServiceRequest}/contacts/can@bogazici.example",
    )
    .by("otherContactManager")
    .publish();
}

fn remove<'a>(world: &'a World, who: &str, email: &str) -> Call<'a> {
    world.delete(&format!("{PATH}/{{serviceRequest}}/contacts/{email}")).by(who)
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_contact_loses_access_and_repeat_changes_nothing() {
    let world = World::demo().await;
    grant_ren(&world, "cc").await;
    add_ren(&world, world.id("serviceRequest")).await;
    assert_eq!(listed_ids(&world, "partnerMember", "").await.len(), 1);
    let removed = remove(&world, "agent", "Ren@miyako.example").send().await;
    assert_eq!((removed.status, removed.header("etag")), (200, Some("\"3\"")));
    assert_eq!(removed.body["additionalContacts"], json!([]));
    let path = format!("{PATH}/{{serviceRequest}}");
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    assert_eq!(listed_ids(&world, "partnerMember", "").await, [""; 0]);
    let path = "/v1/partners/{partner}/history?type=service-request.contact-removed";
    let history = world.get(path).by("partnerAdmin").send().await.ok();
    let data = json!({"serviceRequestId": world.id("serviceRequest"), "memberId": world.id("ren")});
    assert_eq!(history["items"][0]["data"], data);
    // Idempotent: succeeds if the person is not a contact.
    let contents = world.contents().await;
    for email in ["ren@miyako.example", "nobody@yamada.example"] {
        remove(&world, "customer", email).send().await.ok();
    }
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn primary_contact_and_unauthorized_caller_are_refused() {
    let world = World::demo().await;
    grant_ren(&world, "look").await;
    add_ren(&world, world.id("serviceRequest")).await;
    let contents = world.contents().await;
    remove(&world, "customer", "sora@yamada.example").assert_rejected(409, "primary-contact").await;
    remove(&world, "operator", "ren@miyako.example").assert_rejected(403, "role-not-allowed").await;
    remove(&world, "partnerMember", "ren@miyako.example").assert_rejected(403, "access-level-too-low").await;
    for who in ["otherCustomer", "otherPartnerMember"] {
        remove(&world, who, "ren@miyako.example").assert_rejected(404, "not-found").await;
    }
    let other = remove(&world, "customer", "ren@miyako.example").header("if-match", "\"7\"");
    other.assert_rejected(412, "version-mismatch").await;
    world.assert_unchanged(&contents).await;
    grant_ren(&world, "update").await;
    remove(&world, "partnerMember", "ren@miyako.example").send().await.ok();
}
