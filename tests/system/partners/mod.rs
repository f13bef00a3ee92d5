automod::dir!("partners");

use serde_json::json;
use system::World;

use crate::orders::link;

/// Gives the demo world's new partner a second, disabled member, a link to a store, and access to Yamada.
pub async fn prepare_deactivation(world: &World) {
    let body = json!({"email": "mio@sakura.example", "name": "Mio"});
    let member = world.post("/v1/partners/{newPartner}/members").by("operator").json(body).send().await.ok();
    let path = format!("/v1/partners/{{newPartner}}/members/{}/disable", member["id"].as_str().unwrap());
    world.post(&path).by("operator").send().await.ok();
    link(world, "{newPartner}", "ec-9").await.ok();
    let grant = json!({"partnerId": "{newPartner}", "expiresAt": "2026-12-05T09:00:00Z", "organizationLevel": "look"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(grant).send().await.ok();
    let ask = json!({
        "contactManagerEmail": "yuki@yamada.example", "expiresAt": "2026-12-05T09:00:00Z",
        "organizationLevel": "update",
    });
    world.post("/v1/partners/{newPartner}/access-requests").by("newPartnerAdmin").json(ask).send().await.ok();
}
