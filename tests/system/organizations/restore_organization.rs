//! `restore-organization`

use local_stack::fault_proxy::Kill;
use system::World;
use system::payload::Payload;

use super::deactivate_organization::customers;
use super::{deactivate, prepare_deactivation};
use crate::orders::run_job_after_a_minute;

#[test]
fn canonical_call_is_published() {
    Payload::of("restore-organization", "/v1/organizations/{closedOrganization}/restore")
        .by("operator")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_directories_come_back_wherever_the_call_is_killed() {
    for others in 0..4 {
        for kill in [Kill::Before, Kill::After] {
            let world = World::demo().await;
            let (id, token) = prepare_deactivation(&world).await;
            let before = customers(&world).await;
            deactivate(&world, &id, "d").send().await.ok();
            world.fault_proxy().kill("restore-organization", others, kill);
            let restore = || world.post(&format!("/v1/organizations/{id}/restore")).by("operator").key("r");
            let killed = restore().send().await;
            world.fault_proxy().spare();
            if killed.status >= 500 {
                run_job_after_a_minute(&world).await;
            }
            assert_eq!(restore().send().await.ok()["state"], "active", "{others} {kill:?}");
            assert_eq!(customers(&world).await, before, "who was disabled before stays so");
            let path = "/v1/partners/{partner}/organizations?pageSize=100";
            let directory = world.get(path).by("partnerAdmin").send().await.ok();
            assert!(directory.to_string().contains(&id), "{others} {kill:?}");
            let access = world.get(&format!("/v1/organizations/{id}/access")).token(&token).send().await.ok();
            assert!(access.to_string().contains("\"deactivated\""), "{access}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restoration_ends_30_days_after_the_deactivation() {
    let world = World::demo().await;
    let (id, _) = prepare_deactivation(&world).await;
    deactivate(&world, &id, "d").send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"P31D"}"#).send().await.ok();
    let restore = world.post(&format!("/v1/organizations/{id}/restore")).by("operator").key("r");
    restore.assert_rejected(409, "restoration-expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_disabled_explicitly_during_the_deactivation_stays_disabled() {
    let world = World::demo().await;
    let (id, _) = prepare_deactivation(&world).await;
    deactivate(&world, &id, "d").send().await.ok();
    let page = world.get("/v1/customers?email=mei%40aoba.example").by("operator").send().await.ok();
    let path = format!("/v1/customers/{}/disable", page["items"][0]["id"].as_str().unwrap());
    world.post(&path).by("operator").send().await.ok();
    world.post(&format!("/v1/organizations/{id}/restore")).by("operator").key("r").send().await.ok();
    assert!(customers(&world).await.iter().all(|(_, is_disabled)| *is_disabled));
}
