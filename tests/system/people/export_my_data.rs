//! `export-my-data`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::whole_export;

#[test]
fn canonical_call_is_published() {
    Payload::of("export-my-data", "/v1/me/export").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn person_exports_its_own_data_and_nothing_of_others() {
    let world = World::demo().await;
    let mine = whole_export(&world, "/v1/me/export", &world.token("customer"), 25).await;
    assert_eq!(
        (&mine["email"], &mine["customers"][0]["id"]),
        (&json!("sora@yamada.example"), &json!(world.id("sora")))
    );
    for other in ["yuki@", "haruto@", "aiko@", "Y-2", "Renewed by phone"] {
        assert!(!mine.to_string().contains(other), "{other}: {mine}");
    }
    let manager = whole_export(&world, "/v1/me/export", &world.token("contactManager"), 25).await;
    let requests = manager["accessRequests"].as_array().unwrap();
    assert!(!requests.is_empty() && requests.iter().all(|one| one["addressed"] == true), "{manager}");
    assert!(!manager.to_string().contains("aiko@"), "{manager}");
    // A person whose record was removed still gets its own data.
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    let mine = whole_export(&world, "/v1/me/export", &world.token("customer"), 25).await;
    assert!(mine["customers"][0]["removedAt"].is_string(), "{mine}");
    world.get("/v1/me/export").assert_rejected(401, "").await;
}
