//! `get-access-request`

use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-access-request", "/v1/access-requests/{accessRequest}").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn visible_only_to_its_partner_addressee_and_the_vendor() {
    let world = World::demo().await;
    let path = "/v1/access-requests/{accessRequest}";
    for who in ["partnerMember", "partnerAdmin", "contactManager", "operator", "agent"] {
        let shown = world.get(path).by(who).send().await;
        assert_eq!((shown.version(), &shown.body["state"]), (Some(1), &"pending".into()), "{who}");
        assert_eq!(shown.body["partner"]["name"], "Miyako Security");
        assert_eq!(shown.body["requestedBy"]["name"], "Aiko Tanaka");
    }
    for who in ["otherPartnerAdmin", "otherContactManager"] {
        world.get(path).by(who).assert_rejected(404, "not-found").await;
    }
    world.get(path).by("customer").assert_rejected(403, "role-not-allowed").await;
}
