//! `add-partner-organization`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("add-partner-organization", "/v1/partners/{partner}/organizations/{nakano}")
        .by("operator")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn link_is_created_once_and_repeat_changes_nothing() {
    let world = World::demo().await;
    let link = || world.put("/v1/partners/{partner}/organizations/{nakano}").by("operator");
    let made = link().send().await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["name"], "Nakano Clinic");
    let location = world.fill("/v1/partners/{partner}/organizations/{nakano}");
    assert_eq!(made.header("location"), Some(location.as_str()));
    let contents = world.contents().await;
    let again = link().send().await;
    assert_eq!((again.status, again.body), (200, made.body));
    world.assert_unchanged(&contents).await;

    let history = world.get("/v1/partners/{partner}/history?type=partner.organization-added&pageSize=1");
    let history = history.by("partnerMember").send().await.ok();
    assert_eq!(history["items"][0]["organization"]["name"], "Nakano Clinic");
    assert_eq!(history["items"][0]["data"], json!({"name": "Nakano Clinic", "origin": "operator"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_partner_or_organization_is_not_found() {
    let world = World::demo().await;
    let absent = |id: &str| format!("{}ff", &id[..id.len() - 2]);
    let (partner, organization) = (absent(world.id("partner")), absent(world.id("yamada")));
    for path in [
        format!("/v1/partners/{partner}/organizations/{{nakano}}"),
        format!("/v1/partners/{{partner}}/organizations/{organization}"),
    ] {
        world.put(&path).by("operator").assert_rejected(404, "not-found").await;
        world
            .put(&format!("{path}?validateOnly=true"))
            .by("operator")
            .assert_rejected(404, "not-found")
            .await;
    }
}
