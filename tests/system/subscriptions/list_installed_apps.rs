//! `list-installed-apps`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{created_ids, deactivate, ids, line, order};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-installed-apps", "/v1/organizations/{yamada}/sites/{site}/apps")
        .by("customer")
        .publish();
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
