//! `restore-partner`

use serde_json::json;
use system::payload::Payload;
use system::{Call, World};

use super::deactivate_partner::{deactivate, members};
use super::prepare_deactivation;
use crate::orders::{link, run_job_after_a_minute, send_order};

#[test]
fn canonical_call_is_published() {
    Payload::of("restore-partner", "/v1/partners/{closedPartner}/restore").by("operator").publish();
}

fn restore<'a>(world: &'a World, key: &str) -> Call<'a> {
    world.post("/v1/partners/{newPartner}/restore").by("operator").key(key)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_store_come_back_and_grants_do_not() {
    let world = World::demo().await;
    prepare_deactivation(&world).await;
    let before = members(&world).await;
    deactivate(&world, "newPartner", "d").send().await.ok();
    assert_eq!(send_order(&world, "SO-7", "ec-9", 5).await.status, 202);
    let preview = world.post("/v1/partners/{newPartner}/restore?validateOnly=true").by("operator").key("v");
    let preview = preview.send().await.ok();
    assert_eq!(preview["restores"], json!({"people": 1, "directoryEntries": 0}), "{preview}");
    let restored = restore(&world, "r").send().await.ok();
    assert_eq!((&restored["store"]["version"], restored.get("ends")), (&preview["store"]["version"], None));
    assert_eq!((&restored["state"], &restored["store"]["account"]), (&json!("active"), &json!("ec-9")));
    assert_eq!(restore(&world, "r").send().await.ok(), restored, "a repeat is replayed");
    assert_eq!(members(&world).await, before, "who was disabled before stays so");
    let access = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    assert!(access.to_string().contains("\"deactivated\""), "{access}");
    world.get("/v1/partners/{newPartner}").by("newPartnerAdmin").send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", "edge-storage-1y").await, (5, 5, 0));
    let again = restore(&world, "again").send().await.ok();
    assert_eq!(again["state"], "active", "idempotent");
}

#[tokio::test(flavor = "multi_thread")]
async fn account_of_another_partner_is_not_taken_back() {
    let world = World::demo().await;
    prepare_deactivation(&world).await;
    deactivate(&world, "newPartner", "d").send().await.ok();
    link(&world, "{closingPartner}", "ec-9").await.ok();
    let preview = world.post("/v1/partners/{newPartner}/restore?validateOnly=true").by("operator").key("v");
    assert_eq!(preview.send().await.ok()["storeNotLinked"], "account-taken");
    let restored = restore(&world, "r").send().await.ok();
    assert_eq!((&restored["state"], restored.get("store")), (&json!("active"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn restoration_ends_30_days_after_the_deactivation() {
    let world = World::demo().await;
    deactivate(&world, "newPartner", "d").send().await.ok();
    let by_agent = world.post("/v1/partners/{newPartner}/restore").by("agent").key("r");
    by_agent.assert_rejected(403, "role-not-allowed").await;
    world.post("/_local/time").bytes(br#"{"advance":"P31D"}"#).send().await.ok();
    restore(&world, "r").assert_rejected(409, "restoration-expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn member_disabled_explicitly_during_the_deactivation_stays_disabled() {
    let world = World::demo().await;
    prepare_deactivation(&world).await;
    deactivate(&world, "newPartner", "d").send().await.ok();
    let page = world.get("/v1/partners/{newPartner}/members").by("operator").send().await.ok();
    for member in page["items"].as_array().unwrap() {
        let path = format!("/v1/partners/{{newPartner}}/members/{}/disable", member["id"].as_str().unwrap());
        let disabled = world.post(&path).by("operator").send().await.ok();
        let repeated = world.post(&path).by("operator").send().await.ok();
        assert_eq!(repeated["version"], disabled["version"], "idempotent");
    }
    restore(&world, "r").send().await.ok();
    assert!(members(&world).await.iter().all(|(_, is_disabled)| *is_disabled));
}
