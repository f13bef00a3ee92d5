//! `list-installed-apps`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{created_ids, deactivate, ids, line, order};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-installed-apps-of-site", "/v1/organizations/{yamada}/sites/{site}/apps")
        .by("customer")
        .publish();
    Payload::of("list-installed-apps-of-organization", "/v1/organizations/{yamada}/apps")
        .by("partnerMember")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_on_all_sites_are_listed_with_their_places_and_names() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/apps";
    for who in ["partnerMember", "operator", "agent", "contactManager"] {
        let apps = world.get(path).by(who).send().await.ok();
        assert_eq!(ids(&apps["items"]), [world.id("app")], "{who}");
        let app = &apps["items"][0];
        assert_eq!(
            (&app["product"]["name"], &app["partner"]["name"], &app["installedOn"][0]["siteId"]),
            (&json!("Door Station"), &json!("Miyako Security"), &json!(world.id("site"))),
            "{who}"
        );
    }
    let set_up = format!("/v1/organizations/{{yamada}}/subscriptions/{}/set-up", world.id("subscription"));
    let body = json!({"site": {"new": {"url": "https://yamada.example/two", "name": "Two"}}});
    world.post(&set_up).by("customer").json(body).send().await.ok();
    let app = world.get(path).by("operator").send().await.ok()["items"][0].clone();
    assert_eq!(app["installedOn"].as_array().unwrap().len(), 2, "{app}");
    assert_eq!(world.get(path).by("customer").send().await.ok()["items"], json!([]), "no contact of it");
    world.get(path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    world.get(path).by("otherCustomer").assert_rejected(404, "not-found").await;
    // An app that is installed nowhere is not listed.
    deactivate(&world, "operator", "{yamada}", world.id("wallSubscription")).send().await.ok();
    assert_eq!(world.get(path).by("operator").send().await.ok()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_set_up_on_the_site_or_with_a_parent_there_are_listed() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/sites/{site}/apps";
    let apps = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(ids(&apps["items"]), [world.id("app")]);
    assert_eq!(
        world.get(path).by("customer").send().await.ok()["items"],
        json!([]),
        "Sora is no contact of it"
    );
    let contacts = json!([{"email": "sora@yamada.example", "name": "Sora"}]);
    let lines = json!([
        line("app", "DS-1", "C-1", json!({"contacts": contacts})),
        line("app", "DS-1", "C-1", json!({"contacts": contacts, "parents": ["{wallSubscription}"]})),
        line("app", "DS-1", "C-1", json!({"contacts": contacts, "parents": ["{collection}"]})),
    ]);
    let created_ids = created_ids(&order(&world, "SO-Y", lines).await.ok());
    let set_up = world.post(&format!("/v1/organizations/{{yamada}}/subscriptions/{}/set-up", created_ids[0]));
    let body = json!({"site": {"existing": "https://yamada.example/wall"}});
    set_up.by("customer").json(body).send().await.ok();
    assert_eq!(
        ids(&world.get(path).by("customer").send().await.ok()["items"]),
        [&created_ids[0], &created_ids[1]]
    );
    deactivate(&world, "operator", "{yamada}", &created_ids[1]).send().await.ok();
    assert_eq!(ids(&world.get(path).by("customer").send().await.ok()["items"]), [&created_ids[0]]);
    let nowhere = "/v1/organizations/{yamada}/sites/sit_019b8c3e-5c00-7000-8000-000000000009/apps";
    world.get(nowhere).by("customer").assert_rejected(404, "not-found").await;
    world.get(path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    // A partner of the organization does not find a site on which it manages nothing.
    world.put("/v1/partners/{otherPartner}/organizations/{yamada}").by("operator").send().await.ok();
    world.get(path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
}
