//! `list-subscriptions`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{OF_YAMADA, all, created_ids, deactivate, ids, line, order, send_message};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-subscriptions", "/v1/organizations/{yamada}/subscriptions").by("customer").publish();
}

async fn listed(world: &World, who: &str, query: &str) -> Vec<String> {
    let page = world.get(&format!("{OF_YAMADA}{query}")).by(who).send().await.ok();
    ids(&page["items"]).into_iter().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_caller_sees_only_its_accessible_subscriptions() {
    let world = World::demo().await;
    let four: Vec<&str> =
        ["subscription", "wallSubscription", "collection", "app"].map(|name| world.id(name)).to_vec();
    for who in ["operator", "agent", "contactManager", "partnerAdmin", "partnerMember"] {
        assert_eq!(listed(&world, who, "").await, four, "{who}");
    }
    assert_eq!(listed(&world, "customer", "").await, four[..2], "Sora is a contact of two");
    let page = world.get(OF_YAMADA).by("customer").send().await.ok();
    let wall = &page["items"][1];
    assert_eq!((&wall["partnerId"], &wall["setUpDue"]), (&json!(world.id("partner")), &json!(false)));
    assert_eq!((&wall["linked"], &wall["apps"]), (&json!([four[0]]), &json!([])));
    assert_eq!((wall.get("billingAccount"), wall.get("externalId")), (None, None), "the partner's business");
    for who in ["otherPartnerAdmin", "newPartnerAdmin", "otherContactManager", "otherCustomer"] {
        world.get(OF_YAMADA).by(who).assert_rejected(404, "not-found").await;
    }
    // A removed customer is no contact any more, although its token is still valid.
    world.delete("/v1/customers/{sora}").by("contactManager").send().await.ok();
    assert!(listed(&world, "customer", "").await.is_empty());
    // A partner of the organization that manages no subscription sees an empty list.
    world.put("/v1/partners/{newPartner}/organizations/{yamada}").by("operator").send().await.ok();
    assert!(listed(&world, "newPartnerAdmin", "").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_days_follow_the_organizations_time_zone() {
    let world = World::demo().await;
    let at = |starts: &str, term: &str| {
        line("subscription", "ER-1", "C-3", json!({"startsAt": starts, "term": term}))
    };
    let lines = json!([
        at("2026-01-05T10:00:00.001Z", "P1Y"),
        at("2026-01-05T10:00:00Z", "P1Y"),
        at("2025-01-05T10:00:00Z", "P1Y"),
        at("2025-01-05T10:00:00.001Z", "P1Y"),
        at("2025-12-15T15:30:00Z", "P1M"),
    ]);
    let created_ids = created_ids(&order(&world, "SO-H", lines).await.ok());
    deactivate(&world, "operator", "{harbour}", &created_ids[1]).send().await.ok();
    let there = all(&world, "{harbour}").await;
    let told = |one: &Value| (one["status"].as_str().unwrap().to_owned(), one["daysUntilRenewal"].as_u64());
    let told: Vec<_> = there.iter().map(told).collect();
    let expected = [
        ("upcoming", Some(365)),
        ("inactive", None),
        ("inactive", None),
        ("active", Some(0)),
        ("active", Some(10)),
    ];
    assert_eq!(told, expected.map(|(status, days)| (status.to_owned(), days)));
    for (status, expected) in [("upcoming", vec![0]), ("active", vec![3, 4]), ("inactive", vec![1, 2])] {
        let page = world.get(&format!("/v1/organizations/{{harbour}}/subscriptions?status={status}"));
        let page = page.by("agent").send().await.ok();
        let expected: Vec<&str> =
            expected.into_iter().map(|index: usize| created_ids[index].as_str()).collect();
        assert_eq!(ids(&page["items"]), expected, "{status}");
    }
    // In Tokyo's time zone, the last of them ends a day later.
    assert_eq!(there[4]["billDate"], "2026-01-15");
    let zone = json!({"timeZone": "Asia/Tokyo"});
    world.patch("/v1/organizations/{harbour}").by("operator").json(zone).send().await.ok();
    let there = all(&world, "{harbour}").await;
    assert_eq!((&there[4]["billDate"], &there[4]["daysUntilRenewal"]), (&json!("2026-01-16"), &json!(11)));
    // A subscription is inactive from its end time on.
    world.post("/_local/time").bytes(br#"{"set":"2026-01-15T15:29:59.999Z"}"#).send().await.ok();
    assert_eq!((&all(&world, "{harbour}").await[4]["status"]), (&json!("active")));
    world.post("/_local/time").bytes(br#"{"set":"2026-01-15T15:30:00Z"}"#).send().await.ok();
    assert_eq!((&all(&world, "{harbour}").await[4]["status"]), (&json!("inactive")));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_filtered_by_site_and_status_and_paged() {
    let world = World::demo().await;
    let wall = world.id("wallSubscription");
    assert_eq!(listed(&world, "agent", "?siteUrl=https://YAMADA.example/wall/").await, [wall]);
    assert!(listed(&world, "agent", "?siteUrl=https://yamada.example/wall&status=inactive").await.is_empty());
    for (query, code) in [
        ("?status=deactivating", "unknown-value"),
        ("?siteUrl=yamada", "invalid-site-url"),
        ("?colour=red", "unknown-field"),
    ] {
        let refused = world
            .get(&format!("{OF_YAMADA}{query}"))
            .by("agent")
            .assert_rejected(400, "invalid-request")
            .await;
        assert_eq!(refused.faults()[0].1, code);
    }
    let lines: Vec<Value> = (0..7).map(|_| line("subscription", "ER-1", "C-1", json!({}))).collect();
    order(&world, "SO-Y", json!(lines)).await.ok();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{OF_YAMADA}?pageSize=3{token}")).by("partnerMember").send().await.ok();
        seen.extend(ids(&page["items"]).into_iter().map(str::to_owned));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!(seen, listed(&world, "operator", "?pageSize=100").await);
    // A subscription that the partner loses between two pages is not on the second page.
    let first = world.get(&format!("{OF_YAMADA}?pageSize=3")).by("partnerMember").send().await.ok();
    let data = json!({"subscription": {"externalId": "S-4"}, "storeAccount": "ec-4712"});
    send_message(&world, "m1", "subscription.transferred", "2026-01-05T09:59:00Z", data).await.ok();
    let next = first["nextPageToken"].as_str().unwrap();
    let second =
        world.get(&format!("{OF_YAMADA}?pageSize=3&pageToken={next}")).by("partnerMember").send().await.ok();
    assert!(!ids(&second["items"]).contains(&world.id("app")));
}
