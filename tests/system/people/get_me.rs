//! `get-me`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-me", "/v1/me").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn member_who_is_also_a_customer_sees_both_records() {
    let world = World::demo().await;
    let body = json!({"email": "ren@miyako.example", "name": "Ren C", "manager": true});
    world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
    let me = world.get("/v1/me").by("partnerMember").send().await.ok();
    assert_eq!((&me["email"], &me["role"]), (&json!("ren@miyako.example"), &json!("partnerMember")));
    assert_eq!(me["partner"]["id"], world.id("partner"));
    let kinds: Vec<_> =
        me["records"].as_array().unwrap().iter().map(|one| (&one["type"], &one["manager"])).collect();
    assert_eq!(kinds, [(&json!("customer"), &json!(true)), (&json!("member"), &json!(false))]);
    let operations = me["operations"].to_string();
    assert!(operations.contains("\"request-access\"") && !operations.contains("\"create-partner\""));
    world.post("/v1/partners/{partner}/members/{ren}/disable").by("operator").send().await.ok();
    let me = world.get("/v1/me").by("partnerMember").send().await.ok();
    assert_eq!(me["records"][1]["state"], "disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_without_a_record_gets_what_the_token_says() {
    let world = World::demo().await;
    let org = world.id("partner");
    let token = world.token_of(json!({"sub": "n", "email": "none@x.example", "role": "partner", "org": org}));
    let me = world.get("/v1/me").token(&token).send().await.ok();
    assert_eq!((&me["subject"], &me["records"]), (&json!("n"), &json!([])));
    for (who, role) in [("operator", "operator"), ("agent", "agent"), ("contactManager", "contactManager")] {
        assert_eq!(world.get("/v1/me").by(who).send().await.ok()["role"], role);
    }
}
