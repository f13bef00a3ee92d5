//! `revoke-access`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{events, level, resolved};

#[test]
fn canonical_call_is_published() {
    Payload::of("revoke-access", "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}")
        .by("contactManager")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_grant_is_ignored_at_once() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}";
    let revoke = |who: &str| world.delete(path).by(who);
    revoke("contactManager").header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
    let gone = revoke("contactManager").send().await.ok();
    assert_eq!(
        (&gone["grants"][1]["state"], gone["grants"][1]["endedAt"].is_string()),
        (&json!("revoked"), true)
    );
    assert_eq!(level(&world, "ren").await.as_deref(), Some("create"), "what all have counts again");
    assert_eq!(resolved(&world, "ren").await["ineffectiveGrants"][0]["reason"], "revoked");
    let contents = world.contents().await;
    assert_eq!(revoke("operator").send().await.ok(), gone, "again changes nothing");
    world.assert_unchanged(&contents).await;
    let give_back = world.post(&format!("{path}/relinquish")).by("partnerMember");
    let refused = give_back.assert_rejected(409, "grant-not-active").await;
    assert!(refused.body["detail"].as_str().unwrap().contains("revoked"));
    let of_all = "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}";
    world.delete(of_all).by("operator").send().await.ok();
    assert_eq!((level(&world, "ren").await, level(&world, "aiko").await), (None, None));
    for log in ["/v1/organizations/{yamada}/history", "/v1/partners/{partner}/history"] {
        let (kind, data) = events(&world, log, "operator").await.pop().unwrap();
        assert_eq!((&*kind, data), ("access.revoked", json!({"grantId": world.id("grantOfAll")})));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_contact_manager_on_record_or_an_operator_may_revoke() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}";
    world.delete(path).by("otherContactManager").assert_rejected(404, "not-found").await;
    for who in ["customer", "agent", "partnerAdmin"] {
        world.delete(path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    let org = world.id("yamada");
    let sora = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "org": org, "manager": true});
    world.delete(path).token(&world.token_of(sora)).assert_rejected(404, "not-found").await;
    let unknown = path.replace("{grantOfRen}", &world.id("grantOfRen").replace("000002", "000099"));
    world.delete(&unknown).by("contactManager").assert_rejected(404, "not-found").await;
    let foreign = "/v1/organizations/{yamada}/access/{otherPartner}/{grantOfRen}";
    world.delete(foreign).by("contactManager").assert_rejected(404, "not-found").await;
}
