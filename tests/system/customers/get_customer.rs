//! `get-customer`

use serde_json::json;
use system::World;
use system::payload::Payload;

use crate::people::erase;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-customer", "/v1/customers/{sora}").by("contactManager").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_of_a_created_customer_is_readable() {
    let world = World::demo().await;
    for path in ["/v1/organizations/{yamada}/customers", "/v1/customers"] {
        let body = json!({"email": "hana@yamada.example", "name": "Hana"});
        let made = world.post(path).by("operator").json(body).send().await;
        let location = made.header("location").unwrap().to_owned();
        assert_eq!(world.get(&location).by("agent").send().await.ok(), made.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_is_shown_to_itself_and_to_who_manages_it() {
    let world = World::demo().await;
    let path = "/v1/customers/{sora}";
    let token = |email: &str| {
        let org = world.id("yamada");
        world.token_of(json!({"sub": "s", "email": email, "role": "customer", "org": org}))
    };
    let own = token("sora@yamada.example");
    for who in ["operator", "agent", "contactManager"] {
        assert_eq!(world.get(path).by(who).send().await.ok()["id"], world.id("sora"));
    }
    let shown = world.get(path).token(&own).send().await.ok();
    assert_eq!((shown.get("externalId"), shown["name"].is_string()), (None, true));
    world.get(path).token(&token("haruto@yamada.example")).assert_rejected(404, "not-found").await;
    world.get(path).by("otherContactManager").assert_rejected(404, "not-found").await;
    world.get(path).by("otherPartnerMember").assert_rejected(404, "not-found").await;
    world.post("/v1/customers/{sora}/disable").by("operator").send().await.ok();
    world.get(path).token(&own).assert_rejected(404, "not-found").await;
    world.delete(path).by("operator").send().await.ok();
    world.get(path).token(&own).assert_rejected(404, "not-found").await;
    assert!(world.get(path).by("contactManager").send().await.ok()["removedAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_person_is_marked_and_has_neither_name_nor_email() {
    let world = World::demo().await;
    erase(&world, "sora@yamada.example", false).send().await.ok();
    erase(&world, "ren@miyako.example", false).send().await.ok();
    for (path, who) in [
        ("/v1/customers/{sora}", "contactManager"),
        ("/v1/customers/{sora}", "operator"),
        ("/v1/partners/{partner}/members/{ren}", "partnerAdmin"),
    ] {
        let shown = world.get(path).by(who).send().await.ok();
        assert_eq!(shown["erased"], true, "{path}: {shown}");
        assert_eq!((shown.get("name"), shown.get("email")), (None, None), "{path}: {shown}");
    }
}
