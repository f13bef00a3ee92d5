//! `list-subscriptions`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{OF_YAMADA, all, created_ids, deactivate, ids, line, order, send_message};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-subscriptions", "/v1/organizations/{yamada}/subscriptions").by("customer").publish();
}

/// A subscription that is set up is active, and so is listed one that is still to be set up.
#[tokio::test(flavor = "multi_thread")]
async fn active_includes_what_is_to_be_set_up() {
    let world = World::demo().await;
    let [one, wall, collection, app] =
        ["subscription", "wallSubscription", "collection", "app"].map(|name| world.id(name));
    assert_eq!(listed(&world, "operator", "?status=active").await, [one, wall, collection, app]);
    assert_eq!(listed(&world, "operator", "?status=pending-set-up").await, [one, collection, app]);
    let there = all(&world, "{yamada}").await;
    let statuses: Vec<_> = there.iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["pending-set-up", "active", "pending-set-up", "pending-set-up"]);
}

/// An app shows the site of a parent that the caller may see, until it is set up itself.
#[tokio::test(flavor = "multi_thread")]
async fn app_shows_its_parents_site_until_it_has_its_own() {
    let world = World::demo().await;
    let (app, wall) = (world.id("app"), world.id("wallSubscription"));
    for who in ["operator", "contactManager", "partnerMember"] {
        let page = world.get(OF_YAMADA).by(who).send().await.ok();
        for one in [page["items"][3].clone(), super::get_as(&world, who, "{yamada}", app).await] {
            assert_eq!(
                (&one["site"]["url"], &one["siteInheritedFrom"], &one["setUpDue"], &one["status"]),
                (&json!("https://yamada.example/wall"), &json!(wall), &json!(true), &json!("pending-set-up")),
                "{who}"
            );
        }
        assert_eq!(page["items"][0].get("site"), None, "it is no app");
    }
    // A page that does not hold the parent shows its site all the same.
    let first = world.get(&format!("{OF_YAMADA}?pageSize=3")).by("operator").send().await.ok();
    let next = first["nextPageToken"].as_str().unwrap();
    let second =
        world.get(&format!("{OF_YAMADA}?pageSize=3&pageToken={next}")).by("operator").send().await.ok();
    assert_eq!(second["items"][0]["siteInheritedFrom"], wall);
    let of_partner = world.get("/v1/partners/{partner}/subscriptions").by("operator").send().await.ok();
    let of_partner = of_partner["items"].as_array().unwrap().iter().find(|one| one["id"] == app).unwrap();
    assert_eq!(of_partner["siteInheritedFrom"], wall);

    // A customer who is a contact of the app, but not of the parent, does not learn where the parent is used.
    let contacts = json!([{"email": "sora@yamada.example", "name": "Sora"}]);
    let lines = json!([
        line(
            "subscription",
            "ER-1",
            "C-1",
            json!({"contacts": [{"email": "haruto@yamada.example", "name": "H"}], "externalId": "P-1"})
        ),
        line("app", "DS-1", "C-1", json!({"contacts": contacts, "parents": [0]})),
    ]);
    let new = created_ids(&order(&world, "SO-P", lines).await.ok());
    let data = json!({"subscription": {"externalId": "P-1"}, "url": "https://yamada.example/hidden"});
    send_message(&world, "m1", "site.migrated", "2026-01-05T09:59:00Z", data).await.ok();
    let hidden = super::get_as(&world, "customer", "{yamada}", &new[1]).await;
    assert_eq!((hidden.get("site"), hidden.get("siteInheritedFrom")), (None, None));
    assert_eq!(
        super::get_as(&world, "operator", "{yamada}", &new[1]).await["siteInheritedFrom"],
        new[0].as_str()
    );

    let set_up = world.post(&format!("{OF_YAMADA}/{}/set-up", new[1])).by("customer");
    let own = set_up.json(json!({"site": {"organization": true}})).send().await.ok();
    assert_eq!(
        (&own["site"], own.get("siteInheritedFrom"), &own["status"]),
        (&json!({"organization": true}), None, &json!("active"))
    );
    // The site of a deactivated parent is not shown.
    deactivate(&world, "operator", "{yamada}", wall).send().await.ok();
    assert_eq!(super::get_as(&world, "operator", "{yamada}", app).await.get("site"), None);
}

/// Counts come with the first page, whatever the status filter, and only of what the caller sees.
#[tokio::test(flavor = "multi_thread")]
async fn first_page_counts_by_status_and_rows_have_names() {
    let world = World::demo().await;
    let first = world.get(&format!("{OF_YAMADA}?pageSize=3&status=active")).by("operator").send().await.ok();
    let expected = json!({"active": 4, "pendingSetUp": 3, "suspended": 0, "inactive": 0, "upcoming": 0});
    assert_eq!(first["counts"], expected);
    let next = first["nextPageToken"].as_str().unwrap();
    let path = format!("{OF_YAMADA}?pageSize=3&status=active&pageToken={next}");
    assert_eq!(world.get(&path).by("operator").send().await.ok().get("counts"), None);
    let none = world.get(&format!("{OF_YAMADA}?status=inactive")).by("customer").send().await.ok();
    assert_eq!((&none["items"], &none["counts"]["active"]), (&json!([]), &json!(2)), "Sora sees two");
    let row = world.get(OF_YAMADA).by("customer").send().await.ok()["items"][0].clone();
    assert_eq!((&row["product"]["name"], &row["product"]["code"]), (&json!("Edge Recorder"), &json!("ER-1")));
    assert_eq!(row["partner"], json!({"id": world.id("partner"), "name": "Miyako Security"}));
    assert_eq!(row["organization"]["id"], world.id("yamada"));
    assert_eq!(row["contacts"][1]["name"], "Yuki Yamada");
    // The collection and the app are linked to it, but Sora is no contact of them.
    assert_eq!((&row["hiddenCount"], row["linked"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(world.get(OF_YAMADA).by("operator").send().await.ok()["items"][0]["hiddenCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_sorted_by_product_name_or_end() {
    let world = World::demo().await;
    let [one, wall, collection, app] =
        ["subscription", "wallSubscription", "collection", "app"].map(|name| world.id(name));
    // Door Station, Door Station, Edge Recorder, Video Wall
    assert_eq!(listed(&world, "agent", "?sort=name").await, [collection, app, one, wall]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"term": "P1Y"}))]);
    let new = created_ids(&order(&world, "SO-Y", lines).await.ok());
    assert_eq!(listed(&world, "agent", "?sort=endsAt").await[0], new[0]);
    assert_eq!(listed(&world, "agent", "").await[4], new[0]);
    let first = world.get(&format!("{OF_YAMADA}?pageSize=2&sort=name")).by("agent").send().await.ok();
    let next = first["nextPageToken"].as_str().unwrap();
    let path = format!("{OF_YAMADA}?pageSize=2&sort=name&pageToken={next}");
    let second = world.get(&path).by("agent").send().await.ok();
    assert_eq!((ids(&first["items"]), ids(&second["items"])[0]), (vec![collection, app], one));
    world.get(&format!("{OF_YAMADA}?sort=colour")).by("agent").assert_rejected(400, "invalid-request").await;
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
        ("pending-set-up", Some(0)),
        ("pending-set-up", Some(10)),
    ];
    assert_eq!(told, expected.map(|(status, days)| (status.to_owned(), days)));
    for (status, expected) in [
        ("upcoming", vec![0]),
        ("active", vec![3, 4]),
        ("pending-set-up", vec![3, 4]),
        ("suspended", vec![]),
        ("inactive", vec![1, 2]),
    ] {
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
    assert_eq!((&all(&world, "{harbour}").await[4]["status"]), (&json!("pending-set-up")));
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
