//! `get-partner-member`

use system::World;
use system::payload::Payload;

use super::{add, hana};

#[test]
fn canonical_call_is_published() {
    Payload::of("get-partner-member", "/v1/partners/{partner}/members/{ren}").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_of_an_added_member_is_readable() {
    let world = World::demo().await;
    let made = add(&world, "partnerAdmin", hana()).send().await;
    let location = made.header("location").unwrap().to_owned();
    for who in ["operator", "agent", "partnerMember"] {
        assert_eq!(world.get(&location).by(who).send().await.ok(), made.body);
    }
    world.get(&location).by("otherPartnerMember").assert_rejected(404, "not-found").await;
    world.get(&location).by("contactManager").assert_rejected(403, "role-not-allowed").await;
    let foreign = "/v1/partners/{otherPartner}/members/{ren}";
    world.get(foreign).by("operator").assert_rejected(404, "not-found").await;
    world.delete(&location).by("partnerAdmin").send().await.ok();
    assert!(world.get(&location).by("agent").send().await.ok()["removedAt"].is_string());
}
