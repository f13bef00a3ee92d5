//! `list-organization-licenses`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-organization-licenses", "/v1/organizations/{yamada}/licenses")
        .by("contactManager")
        .publish();
}

const PATH: &str = "/v1/organizations/{yamada}/licenses";

async fn assign(world: &World, who: &str, partner: &str, key: &str, lines: Value) {
    let call = world.post(&format!("/v1/partners/{{{partner}}}/license-assignments")).by(who).key(key);
    call.json(json!({"organizationId": "{yamada}", "lines": lines})).send().await.ok();
}

async fn held(world: &World, who: &str, query: &str) -> Vec<Value> {
    let page = world.get(&format!("{PATH}?{query}")).by(who).send().await.ok();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn licenses_are_listed_with_start_and_end() {
    let world = World::demo().await;
    for who in ["operator", "agent", "contactManager", "customer", "partnerMember"] {
        let expected = json!([{
            "assignmentId": world.id("assignment"), "partnerId": world.id("partner"),
            "partner": {"id": world.id("partner"), "name": "Miyako Security"},
            "from": "2026-01-05T09:32:00.000Z",
            "lines": [{"licenseType": "edge-storage-1y", "name": "Edge storage recording, 1 year", "term": "P1Y",
                "quantity": 5, "until": "2027-01-05T09:32:00.000Z"}],
        }]);
        assert_eq!(json!(held(&world, who, "").await), expected, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn term_is_counted_in_the_organizations_time_zone() {
    let world = World::demo().await;
    let month = json!({"code": "trial-1m", "name": "Trial", "term": "P1M"});
    world.post("/v1/license-types").by("operator").json(month).send().await.ok();
    world.message(world.id("secret"), "m1", &world.order("SO-1", "trial-1m", 1)).send().await.ok();
    // 1 March, 00:00, in Tokyo.
    world.post("/_local/time").bytes(br#"{"set":"2026-02-28T15:00:00Z"}"#).send().await.ok();
    let lines = json!([{"licenseType": "trial-1m", "quantity": 1}]);
    assign(&world, "partnerMember", "partner", "k", lines).await;
    for (zone, until) in [
        (json!("Asia/Tokyo"), "2026-03-31T15:00:00.000Z"),
        // There it is 28 February, 16:00; clocks are set forward on 29 March.
        (json!("Europe/Berlin"), "2026-03-28T15:00:00.000Z"),
        // There it is 28 February, 10:00; clocks are set forward on 8 March.
        (json!("America/New_York"), "2026-03-28T14:00:00.000Z"),
        (json!(null), "2026-03-28T15:00:00.000Z"),
    ] {
        let change = world.patch("/v1/organizations/{yamada}").by("operator");
        change.json(json!({"timeZone": zone})).send().await.ok();
        for who in ["operator", "agent", "contactManager", "customer", "partnerMember"] {
            let held = held(&world, who, "").await;
            assert_eq!(held.last().unwrap()["lines"][0]["until"], until, "{who} {zone}");
        }
        for (path, who) in [
            ("/v1/organizations/{yamada}/profile", "contactManager"),
            ("/v1/customers/{sora}/profile", "customer"),
        ] {
            let profile = world.get(path).by(who).send().await.ok();
            let last = profile["entitlements"].as_array().unwrap().last().unwrap();
            assert_eq!(last["licenses"][0]["endsAt"], until, "{path} {zone}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_lines_are_shown_on_request() {
    let world = World::demo().await;
    let order = |kind: &str, quantity: u64| json!({"licenseType": kind, "quantity": quantity});
    let sold = world.order("SO-1", "edge-storage-5y", 10);
    world.message(world.id("secret"), "m1", &sold).send().await.ok();
    assign(
        &world,
        "partnerMember",
        "partner",
        "k",
        json!([order("edge-storage-1y", 1), order("edge-storage-5y", 2)]),
    )
    .await;
    let lines = async |query: &str| -> usize {
        held(&world, "customer", query).await.iter().map(|held| held["lines"].as_array().unwrap().len()).sum()
    };
    world.post("/_local/time").bytes(br#"{"set":"2027-01-05T09:31:59.999Z"}"#).send().await.ok();
    assert_eq!((lines("").await, lines("expired=true").await), (3, 3));
    world.post("/_local/time").bytes(br#"{"set":"2027-01-05T09:32:00Z"}"#).send().await.ok();
    assert_eq!((lines("").await, lines("expired=true").await), (2, 3), "not a millisecond longer");
    world.post("/_local/time").bytes(br#"{"set":"2027-02-01T00:00:00Z"}"#).send().await.ok();
    assert_eq!((lines("expired=false").await, lines("expired=true").await), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_paged_and_a_partner_sees_only_its_own_assignments() {
    let world = World::demo().await;
    world.put("/v1/partners/{otherPartner}/organizations/{yamada}").by("operator").send().await.ok();
    for n in 0..3 {
        let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
        assign(&world, "otherPartnerMember", "otherPartner", &format!("k{n}"), lines).await;
    }
    assert_eq!(held(&world, "contactManager", "").await.len(), 4);
    assert_eq!(held(&world, "partnerMember", "").await.len(), 1);
    let own = held(&world, "otherPartnerMember", "").await;
    assert!(own.len() == 3 && own.iter().all(|held| held["partnerId"] == world.id("otherPartner")));
    let first = world.get(&format!("{PATH}?pageSize=3")).by("customer").send().await.ok();
    let token = first["nextPageToken"].as_str().unwrap();
    let rest = held(&world, "customer", &format!("pageSize=3&pageToken={token}")).await;
    assert_eq!((first["items"].as_array().unwrap().len(), rest.len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_callers_get_not_found() {
    let world = World::demo().await;
    for who in ["otherPartnerMember", "otherContactManager", "otherCustomer"] {
        world.get(PATH).by(who).assert_rejected(404, "not-found").await;
    }
    let absent = world.id("yamada").replace("0001", "0009");
    world
        .get(&format!("/v1/organizations/{absent}/licenses"))
        .by("agent")
        .assert_rejected(404, "not-found")
        .await;
    let rubbish =
        world.get(&format!("{PATH}?expired=1")).by("agent").assert_rejected(400, "invalid-request").await;
    assert_eq!(rubbish.faults(), [("expired".to_owned(), "unknown-value".to_owned())]);
}
