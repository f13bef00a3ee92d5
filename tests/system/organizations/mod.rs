automod::dir!("organizations");

use serde_json::json;
use system::{Call, World};

/// Returns the call that deactivates an organization.
pub fn deactivate<'a>(world: &'a World, organization: &str, key: &str) -> Call<'a> {
    world.post(&format!("/v1/organizations/{organization}/deactivate")).by("operator").key(key)
}

/// Creates an organization with a contact manager and a disabled customer in the directory of the demo world's partner,
/// which has a grant there. Returns its id, and the contact manager's token.
pub async fn prepare_deactivation(world: &World) -> (String, String) {
    let body = json!({"name": "Aoba Foods", "partnerId": "{partner}"});
    let made = world.post("/v1/organizations").by("operator").json(body).send().await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let customer = async |email: &str, manager: bool| {
        let body = json!({"email": email, "name": email, "manager": manager});
        let path = format!("/v1/organizations/{id}/customers");
        let made = world.post(&path).by("operator").json(body).send().await.ok();
        made["id"].as_str().unwrap().to_owned()
    };
    customer("mei@aoba.example", true).await;
    let away = customer("jin@aoba.example", false).await;
    world.post(&format!("/v1/customers/{away}/disable")).by("operator").send().await.ok();
    let person =
        json!({"sub": "mei", "email": "mei@aoba.example", "role": "customer", "org": id, "manager": true});
    let token = world.token_of(person);
    let grant = json!({"partnerId": "{partner}", "expiresAt": "2026-12-05T09:00:00Z", "organizationLevel": "full-admin"});
    world.post(&format!("/v1/organizations/{id}/access")).token(&token).json(grant).send().await.ok();
    (id, token)
}
