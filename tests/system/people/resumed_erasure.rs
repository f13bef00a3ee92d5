//! Erasures that another call takes over, previews or repeats.

use local_stack::fault_proxy::Kill;
use serde_json::json;
use system::World;

use super::{assert_forgotten, erase, preview};
use crate::access::{grant, individual_grantee, level};
use crate::orders::run_job_after_a_minute;

const SORA: &str = "sora@yamada.example";
const SUBJECT: &str = "A recorder is silent";

/// Begins an erasure that keeps texts, and kills the process after its first transaction.
async fn begin(world: &World, email: &str) {
    world.fault_proxy().kill("erase-person", 0, Kill::After);
    assert_eq!(erase(world, email, false).send().await.status, 500);
    world.fault_proxy().spare();
}

#[tokio::test(flavor = "multi_thread")]
async fn call_that_takes_over_an_erasure_redacts_texts() {
    let world = World::demo().await;
    begin(&world, SORA).await;
    world.post("/_local/time").bytes(br#"{"advance":"PT1M1S"}"#).send().await.ok();
    let done = erase(&world, SORA, true).send().await.ok();
    assert_eq!((&done["state"], &done["counts"]["records"]), (&json!("erased"), &json!(1)), "{done}");
    assert_forgotten(&world, &[SUBJECT]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_an_erasure_kept_are_redacted_by_a_later_call() {
    let world = World::demo().await;
    erase(&world, SORA, false).send().await.ok();
    let shown = preview(&world, SORA).await;
    assert_eq!((&shown["state"], &shown["counts"]["records"]), (&json!("erased"), &json!(0)), "{shown}");
    assert!(shown["texts"].to_string().contains(SUBJECT), "{shown}");
    let done = erase(&world, SORA, true).send().await.ok();
    assert!(done["counts"]["texts"].as_u64().unwrap() > 0, "{done}");
    assert_eq!(done["records"]["customerIds"], json!([world.id("sora")]));
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &[SUBJECT, SORA, "ERASURE#"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_of_a_running_erasure_is_refused_like_the_call() {
    let world = World::demo().await;
    begin(&world, SORA).await;
    for query in ["", "?validateOnly=true"] {
        let call = world.post(&format!("/v1/people/erase{query}")).by("operator").key("other");
        call.json(json!({"email": SORA})).assert_rejected(409, "still-running").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_the_schedule_completed_the_erasure_gets_its_counts() {
    let world = World::demo().await;
    begin(&world, SORA).await;
    run_job_after_a_minute(&world).await;
    run_job_after_a_minute(&world).await;
    let done = erase(&world, SORA, false).send().await.ok();
    assert_eq!((&done["state"], &done["counts"]["records"]), (&json!("erased"), &json!(1)), "{done}");
    assert_eq!(done["records"]["customerIds"], json!([world.id("sora")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn grant_to_the_record_after_the_beginning_is_erased_and_one_to_the_bare_email_stays() {
    let world = World::demo().await;
    begin(&world, "ren@miyako.example").await;
    world.post("/_local/time").bytes(br#"{"advance":"PT1S"}"#).send().await.ok();
    let asked = crate::access::send_request_for_id(&world, individual_grantee("ren", "look")).await;
    run_job_after_a_minute(&world).await;
    let request = world.get(&format!("/v1/access-requests/{asked}")).by("partnerAdmin").send().await.ok();
    assert!(!request.to_string().contains("ren@"), "{request}");

    // The member is removed now, so this grant is for the next member with the e-mail, also after the final pass.
    grant(&world, "partner", individual_grantee("ren", "update")).send().await.ok();
    run_job_after_a_minute(&world).await;
    run_job_after_a_minute(&world).await;
    let body = json!({"email": "ren@miyako.example", "name": "Another Ren"});
    world.post("/v1/partners/{partner}/members").by("operator").json(body).send().await.ok();
    assert_eq!(level(&world, "ren").await.as_deref(), Some("update"));
}
