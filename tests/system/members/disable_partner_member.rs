//! `disable-partner-member`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::add;
use crate::access::{grant, individual_grantee};

#[test]
fn canonical_call_is_published() {
    Payload::of("disable-partner-member", "/v1/partners/{partner}/members/{ren}/disable")
        .by("partnerAdmin")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_is_idempotent_and_keeps_the_email() {
    let world = World::demo().await;
    let disable = || world.post("/v1/partners/{partner}/members/{ren}/disable").by("partnerAdmin");
    disable().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    let disabled = disable().send().await.ok();
    assert!(disabled["disabledAt"].is_string(), "{disabled}");
    let contents = world.contents().await;
    assert_eq!(disable().send().await.ok(), disabled);
    world.assert_unchanged(&contents).await;
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    add(&world, "partnerAdmin", again).assert_rejected(409, "email-taken").await;
    let history = world.get("/v1/partners/{partner}/history?pageSize=1").by("partnerAdmin").send().await.ok();
    assert_eq!(history["items"][0]["type"], "member.disabled");
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    disable().assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_member_has_no_access_and_keeps_its_grants() {
    let world = World::demo().await;
    grant(&world, "partner", individual_grantee("ren", "full-admin")).send().await.ok();
    let resolve = async || {
        let email = "ren%40miyako.example";
        let path = format!("/v1/organizations/{{yamada}}/access/resolve?partnerId={{partner}}&email={email}");
        world.get(&path).by("operator").send().await.ok()
    };
    let before = resolve().await;
    assert_eq!((&before["level"], &before["member"]), (&json!("full-admin"), &json!(true)));
    let create = || {
        let body = json!({"email": "n@yamada.example", "name": "N"});
        world.post("/v1/organizations/{yamada}/customers?validateOnly=true").by("partnerMember").json(body)
    };
    create().send().await.ok();
    world.post("/v1/partners/{partner}/members/{ren}/disable").by("partnerAdmin").send().await.ok();
    let disabled = resolve().await;
    assert_eq!((disabled.get("level"), &disabled["member"]), (None, &json!(false)));
    assert!(disabled["ineffectiveGrants"].to_string().contains("not-a-member"), "{disabled}");
    create().assert_rejected(404, "not-found").await;
    let own = "/v1/organizations/{yamada}/access/resolve?partnerId={partner}&email=ren%40miyako.example";
    world.get(own).by("partnerMember").assert_rejected(404, "not-found").await;
    world.get("/v1/partners/{partner}/access").by("partnerMember").assert_rejected(404, "not-found").await;
    let request = json!({
        "contactManagerEmail": "yuki@yamada.example", "expiresAt": "2026-02-05T09:00:00Z", "reason": "r",
        "individuals": [{"email": "ren@miyako.example", "level": "look"}],
    });
    let ask = |who: &str| world.post("/v1/partners/{partner}/access-requests").by(who).json(request.clone());
    ask("partnerMember").assert_rejected(404, "not-found").await;
    ask("partnerAdmin").assert_rejected(422, "not-a-member").await;
    let grant_id = before["grant"]["id"].as_str().unwrap();
    let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{grant_id}/relinquish");
    world.post(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    world.post("/v1/partners/{partner}/members/{ren}/enable").by("partnerAdmin").send().await.ok();
    assert_eq!(resolve().await["grant"], before["grant"]);
    create().send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_admin_has_no_authority() {
    let world = World::demo().await;
    let own = "/v1/partners/{partner}/members/{aiko}";
    world.post(&format!("{own}/disable")).by("partnerAdmin").send().await.ok();
    for path in [own, "/v1/partners/{partner}/members/{ren}"] {
        for verb in ["disable", "enable"] {
            let call = world.post(&format!("{path}/{verb}")).by("partnerAdmin");
            call.assert_rejected(404, "not-found").await;
        }
        world.delete(path).by("partnerAdmin").assert_rejected(404, "not-found").await;
    }
    world.post(&format!("{own}/enable")).by("operator").send().await.ok();
    world.post("/v1/partners/{partner}/members/{ren}/disable").by("partnerAdmin").send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_member_is_not_found() {
    let world = World::demo().await;
    for verb in ["disable", "enable"] {
        let path = format!("/v1/partners/{{partner}}/members/{{ren}}/{verb}");
        world.post(&path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
        world.post(&path).by("partnerMember").assert_rejected(403, "role-not-allowed").await;
        let foreign = format!("/v1/partners/{{otherPartner}}/members/{{ren}}/{verb}");
        world.post(&foreign).by("operator").assert_rejected(404, "not-found").await;
    }
}
