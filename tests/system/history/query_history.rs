//! `query-history`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_calls_are_published() {
    Payload::of(
        "query-history-of-organization",
        "/v1/organizations/{yamada}/history?from=2026-01-01T00%3A00%3A00Z&order=asc",
    )
    .by("contactManager")
    .publish();
    Payload::of("query-history-of-partner", "/v1/partners/{partner}/history").by("partnerMember").publish();
    Payload::of("query-history-of-vendor", "/v1/history?pageSize=2&type=license-type.created")
        .by("operator")
        .publish();
}

async fn items(world: &World, who: &str, path: &str) -> Vec<Value> {
    world.get(path).by(who).send().await.ok()["items"].as_array().unwrap().clone()
}

fn types(items: &[Value]) -> Vec<&str> {
    items.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Returns the ids of all events of a log, read page by page.
async fn walk(world: &World, who: &str, path: &str) -> Vec<String> {
    let page = world.get(path).by(who).send().await.ok();
    let mut ids = ids(&page);
    if let Some(token) = page["nextPageToken"].as_str() {
        ids.extend(walk_from(world, who, path, token).await);
    }
    ids
}

/// Returns the ids of all events after a page token, read page by page.
async fn walk_from(world: &World, who: &str, path: &str, token: &str) -> Vec<String> {
    let (mut seen, mut token) = (Vec::new(), Some(token.to_owned()));
    while let Some(next) = token {
        let page = world.get(&format!("{path}&pageToken={next}")).by(who).send().await.ok();
        seen.extend(ids(&page));
        token = page["nextPageToken"].as_str().map(str::to_owned);
    }
    seen
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_party_sees_its_own_events_newest_first() {
    let world = World::demo().await;
    let partner = items(&world, "partnerMember", "/v1/partners/{partner}/history").await;
    let expected = [
        "subscription.set-up",
        "subscription.ordered",
        "subscription.ordered",
        "subscription.ordered",
        "subscription.ordered",
        "access.granted",
        "access.approved",
        "access.granted",
        "access.requested",
        "access.requested",
        "access.requested",
        "access.requested",
        "license.assigned",
        "member.added",
        "member.added",
        "license.credited",
        "license.credited",
        "partner.organization-added",
        "partner.organization-added",
        "partner.organization-added",
        "store.linked",
        "partner.created",
    ];
    assert_eq!(types(&partner), expected);
    let organization = items(&world, "contactManager", "/v1/organizations/{yamada}/history?order=asc").await;
    let expected = [
        "organization.created",
        "partner.organization-added",
        "customer.created",
        "customer.created",
        "entitlement.created",
        "license.assigned",
        "access.granted",
        "access.approved",
        "access.granted",
        "service-request.opened",
        "customer.created",
        "subscription.ordered",
        "subscription.ordered",
        "subscription.ordered",
        "subscription.ordered",
        "site.created",
        "subscription.set-up",
    ];
    assert_eq!(types(&organization), expected);
    assert_eq!(organization[5]["partner"], json!({"id": world.id("partner"), "name": "Miyako Security"}));
    let vendor = items(&world, "operator", "/v1/history").await;
    assert_eq!(vendor.len(), 12);
    assert_eq!(
        types(&vendor)[4..8],
        ["product.created", "order.parked", "order.parked", "webhook-source.created"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_apply_alone_and_combined() {
    let world = World::demo().await;
    let count = async |query: &str| {
        items(&world, "partnerMember", &format!("/v1/partners/{{partner}}/history?{query}")).await.len()
    };
    assert_eq!(count("type=license.credited").await, 2);
    assert_eq!(count("licenseType=edge-storage-1y").await, 2);
    assert_eq!(count("licenseType=edge-storage-1y&type=license.assigned").await, 1);
    assert_eq!(count("licenseType=edge-storage-5y").await, 0);
    // The credits occurred at 09:16 and the assignment at 09:18, each to the millisecond.
    assert_eq!(count("from=2026-01-05T09:16:00Z").await, 17);
    assert_eq!(count("from=2026-01-05T09:16:00.001Z").await, 15);
    assert_eq!(count("from=2026-01-05T09:16:00Z&to=2026-01-05T09:18:00Z").await, 2);
    assert_eq!(count("from=2026-01-05T09:16:00Z&to=2026-01-05T09:18:00.001Z").await, 3);
    assert_eq!(count("from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z").await, 22);
    let of_organization =
        "/v1/organizations/{yamada}/history?licenseType=edge-storage-1y&type=license.assigned";
    assert_eq!(items(&world, "contactManager", of_organization).await.len(), 1);
    let of_vendor = "/v1/history?licenseType=camera-direct-5y";
    assert_eq!(types(&items(&world, "operator", of_vendor).await), ["license-type.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_invalid_filter_is_reported() {
    let world = World::demo().await;
    let query =
        "from=yesterday&to=2026-01-05&type=license.stolen&licenseType=X&order=up&pageSize=0&customer=-";
    let reply = world
        .get(&format!("/v1/history?{query}"))
        .by("operator")
        .assert_rejected(400, "invalid-request")
        .await;
    let faults = reply.faults();
    let faults: Vec<_> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!(
        faults,
        [
            ("customer", "unsearchable"),
            ("from", "invalid-time"),
            ("licenseType", "invalid-code"),
            ("order", "unknown-value"),
            ("pageSize", "out-of-range"),
            ("to", "invalid-time"),
            ("type", "unknown-value"),
        ]
    );
    let empty = world.get("/v1/history?from=2026-01-05T00:00:00Z&to=2026-01-05T00:00:00Z").by("operator");
    assert_eq!(empty.send().await.faults(), [("to".to_owned(), "invalid-interval".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_stable_while_events_are_being_added() {
    let world = World::demo().await;
    let all = walk(&world, "partnerMember", "/v1/partners/{partner}/history?pageSize=100").await;
    let path = "/v1/partners/{partner}/history?pageSize=2";
    let first = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    world.put("/v1/partners/{partner}/organizations/{nakano}").by("operator").send().await.ok();
    let mut seen = ids(&first);
    seen.extend(walk_from(&world, "partnerMember", path, first["nextPageToken"].as_str().unwrap()).await);
    assert_eq!(seen, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn event_added_during_ascending_paging_comes_last() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/history?pageSize=3&order=asc";
    let before = walk(&world, "partnerMember", path).await;
    let first = world.get(path).by("partnerMember").send().await.ok();
    world.put("/v1/partners/{partner}/organizations/{nakano}").by("operator").send().await.ok();
    let token = first["nextPageToken"].as_str().unwrap();
    let rest = walk_from(&world, "partnerMember", path, token).await;
    assert_eq!(rest[..rest.len() - 1], before[3..]);
    assert_eq!(rest.len(), before.len() - 3 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_events_are_found_by_their_own_time() {
    let world = World::running().await;
    let calls = (0..64).map(|n| {
        let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
        call.key(&n.to_string()).json(json!({"organizationId": "{yamada}", "lines": lines})).send()
    });
    futures_util::future::join_all(calls).await;
    let all =
        items(&world, "partnerMember", "/v1/partners/{partner}/history?pageSize=100&type=license.assigned")
            .await;
    assert_eq!(all.len(), 65);
    let times: Vec<&str> = all.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    for event in all.iter().take(64).step_by(7) {
        let time = event["time"].as_str().unwrap();
        let next: domain::Timestamp = time.parse().unwrap();
        let next = domain::Timestamp::from_unix_millis(next.unix_millis() + 1);
        let found = items(
            &world,
            "partnerMember",
            &format!("/v1/partners/{{partner}}/history?from={time}&to={next}"),
        )
        .await;
        assert!(found.iter().any(|found| found["id"] == event["id"]), "{time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_index_delays_events_and_loses_none() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/history";
    let seen = async || items(&world, "contactManager", path).await.len();
    let before = seen().await;
    world.fault_proxy().delay_indexes(true);
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
    let assign = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("k");
    assign.json(json!({"organizationId": "{yamada}", "lines": lines})).send().await.ok();
    assert_eq!(seen().await, before);
    assert_eq!(
        world.pool("partnerMember", "partner", "edge-storage-1y").await,
        (100, 94, 6),
        "no index decides"
    );
    world.fault_proxy().delay_indexes(false);
    assert_eq!(seen().await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_size_returns_the_same_events_in_both_orders() {
    let world = World::demo().await;
    for filter in
        ["", "&licenseType=edge-storage-1y", "&type=partner.organization-added", "&from=2026-01-05T09:10:00Z"]
    {
        let path = |size: u32, order: &str| {
            format!("/v1/partners/{{partner}}/history?pageSize={size}&order={order}{filter}")
        };
        let all = walk(&world, "partnerMember", &path(1000, "desc")).await;
        for size in 1..=9 {
            assert_eq!(walk(&world, "partnerMember", &path(size, "desc")).await, all, "{filter} by {size}");
            let mut ascending = walk(&world, "partnerMember", &path(size, "asc")).await;
            ascending.reverse();
            assert_eq!(ascending, all, "{filter} by {size}, oldest first");
        }
    }
}

/// With `customer`, a partner's history equals the history without it, less the events of
/// customers with other names: also page by page, in both orders, with every other filter, for few
/// customers with the name and for many.
#[tokio::test(flavor = "multi_thread")]
async fn customer_name_filter_works_alone_and_with_every_other_filter() {
    for hotels in [3, 21] {
        let world = World::demo().await;
        for n in 0..hotels {
            let body = json!({"name": format!("Hotel {n:02}"), "partnerId": "{partner}"});
            let made = world.post("/v1/organizations").by("partnerAdmin").json(body).send().await.ok();
            for (round, kind) in ["edge-storage-1y", "camera-direct-1y"].into_iter().enumerate() {
                let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
                let call = call.key(&format!("{n}-{round}"));
                let lines = json!([{"licenseType": kind, "quantity": 1}]);
                call.json(json!({"organizationId": made["id"], "lines": lines})).send().await.ok();
            }
        }
        // Events of another partner with one of these customers must not appear.
        let page = world.get("/v1/partners/{partner}/organizations?name=hotel+00").by("partnerMember");
        let shared = page.send().await.ok()["items"][0]["organizationId"].as_str().unwrap().to_owned();
        world
            .put(&format!("/v1/partners/{{otherPartner}}/organizations/{shared}"))
            .by("operator")
            .send()
            .await
            .ok();

        for filter in
            ["", "&type=license.assigned", "&licenseType=edge-storage-1y", "&from=2026-01-05T09:30:00Z"]
        {
            for order in ["desc", "asc"] {
                let all = format!("/v1/partners/{{partner}}/history?pageSize=100&order={order}{filter}");
                let mut expected = items(&world, "partnerMember", &all).await;
                expected.retain(|event| {
                    event["organization"]["name"].as_str().is_some_and(|name| name.contains("Hotel"))
                });
                let totals = totals_of(&expected);
                let expected: Vec<_> =
                    expected.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
                assert!(!expected.is_empty());
                let path = format!(
                    "/v1/partners/{{partner}}/history?customer=Hotels&totals=true&pageSize=4&order={order}{filter}"
                );
                let page = world.get(&path).by("partnerMember").send().await.ok();
                assert_eq!(page["totals"], totals, "{path} of {hotels}");
                for size in [4, 100] {
                    let path = format!(
                        "/v1/partners/{{partner}}/history?customer=Hotels&pageSize={size}&order={order}{filter}"
                    );
                    assert_eq!(walk(&world, "partnerMember", &path).await, expected, "{path} of {hotels}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_name_filter_finds_only_the_partners_own_customers() {
    let world = World::demo().await;
    let none = |who: &'static str, partner: &str| {
        let path = format!("/v1/partners/{{{partner}}}/history?customer=yamada");
        world.get(&path).by(who).send()
    };
    let found = "/v1/partners/{partner}/history?customer=%E3%82%84%E3%81%BE%E3%81%A0";
    let expected = [
        "access.granted",
        "access.approved",
        "access.granted",
        "license.assigned",
        "partner.organization-added",
    ];
    let found = items(&world, "agent", found).await;
    let (sold, rest) = found.split_at(5);
    assert!(types(sold).iter().all(|kind| kind.starts_with("subscription.")));
    assert_eq!(types(rest), expected);
    assert_eq!(none("otherPartnerMember", "otherPartner").await.ok(), json!({"items": []}));
    assert_eq!(none("otherPartnerMember", "partner").await.status, 404);
    for (who, path) in
        [("operator", "/v1/history?customer=x"), ("agent", "/v1/organizations/{yamada}/history?customer=x")]
    {
        let reply = world.get(path).by(who).assert_rejected(400, "invalid-request").await;
        assert_eq!(reply.faults(), [("customer".to_owned(), "unknown-field".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_token_of_another_caller_or_query_is_refused() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/history?pageSize=2";
    let token =
        world.get(path).by("partnerMember").send().await.ok()["nextPageToken"].as_str().unwrap().to_owned();
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    let with = |path: &str| format!("{path}&pageToken={token}");
    for (who, path) in [
        ("partnerAdmin", with(path)),
        ("operator", with(path)),
        ("otherPartnerMember", with("/v1/partners/{otherPartner}/history?pageSize=2")),
        ("partnerMember", with("/v1/partners/{partner}/history?pageSize=2&order=asc")),
        ("partnerMember", with("/v1/partners/{partner}/history?pageSize=2&type=license.assigned")),
        ("partnerMember", format!("{path}&pageToken={}", token.to_lowercase())),
        ("partnerMember", format!("{path}&pageToken=")),
    ] {
        let reply = world.get(&path).by(who).assert_rejected(400, "invalid-request").await;
        assert_eq!(
            reply.faults(),
            [("pageToken".to_owned(), "invalid-page-token".to_owned())],
            "{who} {path}"
        );
    }
    // A caller who may not see the log learns nothing from a page token that is valid for another caller.
    let foreign =
        world.get(&with(path)).by("otherPartnerMember").assert_rejected(400, "invalid-request").await;
    assert_eq!(foreign.faults()[0].1, "invalid-page-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_history_is_not_found() {
    let world = World::demo().await;
    for who in ["otherPartnerMember", "otherPartnerAdmin"] {
        world.get("/v1/partners/{partner}/history").by(who).assert_rejected(404, "not-found").await;
    }
    world
        .get("/v1/organizations/{yamada}/history")
        .by("otherContactManager")
        .assert_rejected(404, "not-found")
        .await;
    for who in ["customer", "partnerMember"] {
        world
            .get("/v1/organizations/{yamada}/history")
            .by(who)
            .assert_rejected(403, "role-not-allowed")
            .await;
    }
    for who in ["agent", "partnerAdmin", "contactManager"] {
        world.get("/v1/history").by(who).assert_rejected(403, "role-not-allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_has_common_columns_the_data_as_json_and_a_next_page_link() {
    let world = World::demo().await;
    let name = "=HYPERLINK(\"x\"),=1, Ltd";
    let body = json!({"name": name, "partnerId": "{partner}"});
    world.post("/v1/organizations").by("partnerAdmin").json(body).send().await.ok();
    let path = "/v1/partners/{partner}/history?pageSize=4&order=asc&customer=hyperlink&pageSize=4";
    let twice = world.get(path).by("partnerMember").header("accept", "text/csv").send().await;
    assert_eq!((twice.status, twice.code()), (400, "invalid-request"), "a problem is a problem");

    let (mut rows, mut path) = (Vec::new(), "/v1/partners/{partner}/history?pageSize=4&order=asc".to_owned());
    loop {
        let reply = world.get(&path).by("partnerMember").header("accept", "text/csv, */*;q=0.1").send().await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        let mut reader = csv::Reader::from_reader(reply.bytes.as_slice());
        let columns = reader.headers().unwrap().clone();
        assert_eq!(columns.iter().collect::<Vec<_>>(), [&COMMON[..], &["data"]].concat());
        rows.extend(reader.records().map(|row| {
            let row = row.unwrap();
            let cells = columns.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cell.to_owned()));
            cells.collect::<std::collections::BTreeMap<_, _>>()
        }));
        match reply.header("link") {
            Some(link) => path = link.split(['<', '>']).nth(1).unwrap().to_owned(),
            None => break,
        }
    }
    let events = items(&world, "partnerMember", "/v1/partners/{partner}/history?order=asc").await;
    let ids: Vec<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row["id"].as_str()).collect::<Vec<_>>(), ids);
    for (row, event) in rows.iter().zip(&events) {
        assert_eq!(serde_json::from_str::<Value>(&row["data"]).unwrap(), event["data"]);
    }
    let last = rows.last().unwrap();
    assert_eq!(
        (last["type"].as_str(), last["organizationName"].as_str()),
        ("partner.organization-added", "'=HYPERLINK(\"x\"),'=1, Ltd")
    );
    assert!(last["data"].contains(r"),\u003d1, Ltd"), "a formula in JSON is escaped as JSON: {last:?}");
    let assigned = rows.iter().find(|row| row["type"] == "license.assigned").unwrap();
    assert_eq!(assigned["organizationName"], "株式会社ヤマダ電機");
    for accept in [
        "application/json, text/csv",
        "text/csv;q=0",
        "text/csv;q=0.1, application/json",
        "*/*",
        "text/html",
        "",
    ] {
        let reply = world.get("/v1/history").by("operator").header("accept", accept).send().await;
        assert_eq!(reply.header("content-type"), Some("application/json"), "{accept}");
    }
}

/// Columns that all histories in CSV have.
const COMMON: [&str; 14] = [
    "id",
    "time",
    "type",
    "actorType",
    "actorId",
    "actorName",
    "actorEmail",
    "actorFormer",
    "actorErased",
    "partnerId",
    "partnerName",
    "organizationId",
    "organizationName",
    "version",
];

/// Returns the columns and the rows of a history in CSV.
async fn csv_of(world: &World, who: &str, path: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let reply = world.get(path).by(who).header("accept", "text/csv").send().await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    let mut reader = csv::Reader::from_reader(reply.bytes.as_slice());
    let texts = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
    let columns = texts(reader.headers().unwrap());
    (columns, reader.records().map(|row| texts(&row.unwrap())).collect())
}

/// With `type`, a history in CSV has the data fields of that type as columns, and no others.
#[tokio::test(flavor = "multi_thread")]
async fn csv_of_one_type_has_a_column_for_each_of_its_data_fields() {
    let world = World::demo().await;
    for (who, log) in [("partnerMember", "/v1/partners/{partner}/history"), ("operator", "/v1/history")] {
        let all = items(&world, who, &format!("{log}?pageSize=100")).await;
        let kinds: std::collections::BTreeSet<_> = types(&all).into_iter().collect();
        for kind in kinds {
            let (columns, rows) = csv_of(&world, who, &format!("{log}?pageSize=100&type={kind}")).await;
            let events: Vec<_> = all.iter().filter(|event| event["type"] == kind).collect();
            assert_eq!(
                (&columns[..14], rows.len()),
                (&COMMON.map(str::to_owned)[..], events.len()),
                "{kind}"
            );
            for (row, event) in rows.iter().zip(events) {
                let data = event["data"].as_object().unwrap();
                assert!(
                    data.keys().all(|name| columns[14..].contains(name)),
                    "{kind}: {columns:?} of {event}"
                );
                for (name, cell) in columns[14..].iter().zip(&row[14..]) {
                    let expected = match data.get(name) {
                        None => String::new(),
                        Some(Value::String(text)) => text.clone(),
                        Some(other) => other.to_string(),
                    };
                    assert_eq!(cell, &expected, "{kind}: {name}");
                }
            }
        }
    }
    let path = "/v1/partners/{partner}/history?type=license.assigned";
    let (columns, rows) = csv_of(&world, "partnerMember", path).await;
    assert_eq!(columns[14..], ["assignmentId", "licenseType", "quantity"]);
    assert_eq!((rows.len(), rows[0][16].as_str()), (1, "5"));
    let (columns, rows) =
        csv_of(&world, "partnerMember", "/v1/partners/{partner}/history?type=order.parked").await;
    assert!(columns.len() > 14 && !columns.contains(&"data".to_owned()) && rows.is_empty(), "{columns:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bom_marks_csv_answers_and_not_json() {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let world = World::demo().await;
    let mut path = "/v1/partners/{partner}/history?pageSize=15&bom=true".to_owned();
    let mut pages = 0;
    loop {
        let reply = world.get(&path).by("partnerMember").header("accept", "text/csv").send().await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        assert!(reply.bytes.starts_with(&[MARK, b"id,time,"].concat()), "{path}");
        pages += 1;
        match reply.header("link") {
            Some(link) => path = link.split(['<', '>']).nth(1).unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(pages, 2, "the link keeps the parameter");
    for query in ["", "&bom=false"] {
        let path = format!("/v1/history?pageSize=1{query}");
        let reply = world.get(&path).by("operator").header("accept", "text/csv").send().await;
        assert!(reply.bytes.starts_with(b"id,time,"), "{query}");
    }
    let json = world.get("/v1/history?bom=true").by("operator").send().await;
    assert!(json.bytes.starts_with(b"{\"items\":"));
    for path in ["/v1/history?bom=yes", "/v1/history?bom="] {
        let refused = world.get(path).by("operator").assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [("bom".to_owned(), "unknown-value".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_object_sort_by_its_versions_although_calls_are_concurrent() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}";
    let set = |zone: &'static str| world.patch(path).by("operator").json(json!({"timeZone": zone}));
    let zones = ["Asia/Tokyo", "Asia/Seoul", "Europe/Madrid", "Asia/Taipei"];
    join_all((0..32).map(|call| set(zones[call % 4]).send())).await;

    let organization = world.get(path).by("operator").send().await.ok();
    let history = format!("{path}/history?type=organization.updated&order=asc&pageSize=100");
    let events = items(&world, "operator", &history).await;
    let versions: Vec<_> = events.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    let last = organization["version"].as_u64().unwrap();
    assert_eq!(versions, (2..=last).collect::<Vec<_>>(), "each version has one event, in this order");
    let times: Vec<_> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a < b) && times.last() == organization["updatedAt"].as_str().as_ref());
}

const PARTNER: &str = "/v1/partners/{partner}/history";

/// Assigns a license of each of two types, alternately, to two organizations.
async fn assign_alternately(world: &World) {
    for n in 0..8 {
        let license_type = ["edge-storage-1y", "camera-direct-1y"][n % 2];
        let organization = ["{yamada}", "{sol}"][n / 2 % 2];
        let lines = json!([{"licenseType": license_type, "quantity": n + 1}]);
        let body = json!({"organizationId": organization, "lines": lines});
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
        call.key(&n.to_string()).json(body).send().await.ok();
    }
}

/// With several license types, a history equals the history without them, less the events about other types: in every log,
/// by any page size, in both orders, and with the other filters.
#[tokio::test(flavor = "multi_thread")]
async fn several_license_types_select_the_events_of_each() {
    let world = World::demo().await;
    assign_alternately(&world).await;
    let path = "/v1/partners/{partner}/license-pools/camera-direct-1y/threshold";
    world.put(path).by("operator").json(json!({"threshold": 5})).send().await.ok();
    let both = ["edge-storage-1y", "camera-direct-1y"];
    let all = ["edge-storage-1y", "camera-direct-1y", "camera-direct-5y"];
    let logs = [
        ("partnerMember", PARTNER, &both[..]),
        ("partnerMember", PARTNER, &all[..]),
        ("contactManager", "/v1/organizations/{yamada}/history", &both[..]),
        ("operator", "/v1/history", &all[..]),
    ];
    for (who, log, wanted) in logs {
        for filter in ["", "&type=license.assigned", "&from=2026-01-05T09:17:00Z"] {
            for order in ["desc", "asc"] {
                let mut expected =
                    items(&world, who, &format!("{log}?pageSize=100&order={order}{filter}")).await;
                expected.retain(|event| wanted.iter().any(|one| event["data"]["licenseType"] == *one));
                let expected: Vec<_> =
                    expected.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
                let joined = format!("licenseType={}", wanted.join(","));
                let repeated = format!("licenseType={}", wanted.join("&licenseType="));
                for (size, types) in [(1, &joined), (3, &joined), (100, &joined), (100, &repeated)] {
                    let path = format!("{log}?{types}&pageSize={size}&order={order}{filter}");
                    assert_eq!(walk(&world, who, &path).await, expected, "{path}");
                }
            }
        }
    }
    // The customers' own logs are read, or the partner's.
    for customer in ["yamada", "%E3%83%A4%E3%83%9E%E3%83%80"] {
        let path =
            format!("{PARTNER}?licenseType=edge-storage-1y,camera-direct-1y&customer={customer}&pageSize=2");
        assert_eq!(walk(&world, "partnerMember", &path).await.len(), 5, "{customer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_or_invalid_or_too_many_license_types_are_refused() {
    let world = World::demo().await;
    let most: Vec<_> = (0..20).map(|n| format!("type-{n:02}")).collect();
    let path = format!("{PARTNER}?licenseType={}", most.join(","));
    assert_eq!(items(&world, "partnerMember", &path).await, Vec::<Value>::new());
    let too_many = format!("{}&licenseType=type-20", most.join(","));
    for (types, codes) in [
        ("edge-storage-1y,edge-storage-1y", &["duplicate"][..]),
        ("edge-storage-1y&licenseType=edge-storage-1y", &["duplicate"]),
        ("X,edge-storage-1y,", &["invalid-code", "invalid-code"]),
        (&too_many, &["too-many"]),
    ] {
        let call = world.get(&format!("{PARTNER}?licenseType={types}")).by("partnerMember");
        let refused = call.assert_rejected(400, "invalid-request").await;
        let expected: Vec<_> =
            codes.iter().map(|code| ("licenseType".to_owned(), (*code).to_owned())).collect();
        assert_eq!(refused.faults(), expected, "{types}");
    }
    // No other parameter takes several values.
    let twice = world.get(&format!("{PARTNER}?order=asc&order=desc")).by("partnerMember");
    assert_eq!(twice.send().await.faults(), [("order".to_owned(), "duplicate".to_owned())]);
}

/// Returns the totals that the events of all pages add up to.
fn totals_of(events: &[Value]) -> Value {
    let mut types: std::collections::BTreeMap<&str, [i64; 3]> = Default::default();
    for event in events {
        let place = match event["type"].as_str().unwrap() {
            "license.credited" => 0,
            "license.withdrawn" => 1,
            "license.assigned" => 2,
            _ => continue,
        };
        let license_type = event["data"]["licenseType"].as_str().unwrap();
        types.entry(license_type).or_default()[place] += event["data"]["quantity"].as_i64().unwrap();
    }
    let licenses = types.into_iter().map(|(license_type, [credited, withdrawn, assigned])| {
        let net = credited - withdrawn - assigned;
        json!({"licenseType": license_type, "credited": credited, "withdrawn": withdrawn, "assigned": assigned, "net": net})
    });
    json!({"events": events.len(), "licenses": licenses.collect::<Vec<_>>()})
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_those_of_all_pages() {
    let world = World::demo().await;
    assign_alternately(&world).await;
    let lines = json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": 9}]);
    let placed = json!({"orderId": "SO-9", "storeAccount": "ec-4711", "lines": lines});
    for (kind, data) in [("order.placed", placed), ("order.cancelled", json!({"orderId": "SO-9"}))] {
        let body = json!({"type": kind, "timestamp": world.now(), "data": data});
        world.message(world.id("secret"), kind, &body).send().await.ok();
    }
    for (who, log, filter) in [
        ("partnerMember", PARTNER, ""),
        ("partnerMember", PARTNER, "&licenseType=edge-storage-1y"),
        ("partnerMember", PARTNER, "&licenseType=edge-storage-1y,camera-direct-1y&type=license.assigned"),
        ("partnerMember", PARTNER, "&from=2026-01-05T09:16:00Z&to=2026-01-05T09:18:00.001Z"),
        ("partnerMember", PARTNER, "&customer=yamada"),
        ("partnerMember", PARTNER, "&customer=yamada&licenseType=edge-storage-1y,camera-direct-1y"),
        ("contactManager", "/v1/organizations/{yamada}/history", ""),
        ("agent", "/v1/organizations/{sol}/history", "&licenseType=edge-storage-1y,camera-direct-1y"),
        ("operator", "/v1/history", ""),
        ("operator", "/v1/history", "&licenseType=edge-storage-5y"),
    ] {
        let all = items(&world, who, &format!("{log}?pageSize=100{filter}")).await;
        let expected = totals_of(&all);
        let (mut token, mut pages) = (String::new(), 0);
        loop {
            let path = format!("{log}?totals=true&pageSize=5{filter}{token}");
            let page = world.get(&path).by(who).send().await.ok();
            assert_eq!(page["totals"], expected, "{path}");
            pages += 1;
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => break,
            }
        }
        assert!(pages * 5 >= all.len(), "{log} with {filter}");
        for without in ["pageSize=2", "totals=false"] {
            let page = world.get(&format!("{log}?{without}{filter}")).by(who).send().await.ok();
            assert_eq!(page.get("totals"), None);
        }
    }
    // The net of all events of a type is what is available.
    let page = world.get(&format!("{PARTNER}?totals=true&licenseType=edge-storage-1y")).by("partnerMember");
    let totals = page.send().await.ok()["totals"].clone();
    assert_eq!(totals["licenses"][0]["withdrawn"], 9);
    let (_, available, _) = world.pool("partnerMember", "partner", "edge-storage-1y").await;
    assert_eq!(totals["licenses"][0]["net"], available);
    let (columns, rows) = csv_of(&world, "partnerMember", &format!("{PARTNER}?totals=true")).await;
    assert_eq!((columns.len(), rows.len()), (15, 25), "a table has no totals");
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_leave_out_events_that_the_caller_may_not_see() {
    let world = World::demo().await;
    let secret = json!({"name": "Secret", "type": {"name": "TEXT"}});
    crate::entitlements::field(&world, secret, json!({"viewers": ["agent"], "editors": ["agent"]})).await;
    let count = async |who: &str| {
        let path = "/v1/organizations/{yamada}/history?totals=true&pageSize=1";
        world.get(path).by(who).send().await.ok()["totals"]["events"].as_u64().unwrap()
    };
    let before = count("contactManager").await;
    let details = json!({"Secret": {"values": ["x"]}});
    crate::entitlements::update(&world, crate::entitlements::OF_ORGANIZATION, details).send().await.ok();
    assert_eq!([count("contactManager").await, count("agent").await], [before, before + 1]);
    world
        .get(&format!("{PARTNER}?totals=true"))
        .by("otherPartnerMember")
        .assert_rejected(404, "not-found")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_of_more_than_10_000_events_are_refused_and_the_page_is_not() {
    let world = World::demo().await;
    let mut log = items(&world, "partnerMember", &format!("{PARTNER}?pageSize=100")).await;
    let template = log.pop().unwrap();
    assert_eq!(template["type"], "partner.created");
    let ids = domain::Ids::counted_from(1_000_000);
    let begin: domain::Timestamp = "2026-01-06T00:00:00Z".parse().unwrap();
    let more = u64::try_from(10_000 - log.len()).unwrap();
    let partner: domain::PartnerId = world.id("partner").parse().unwrap();
    let events = (0..more).map(|number| {
        let time = domain::Timestamp::from_unix_millis(begin.unix_millis() + number);
        let actor = domain::Author { kind: domain::AuthorKind::Partner, id: "ren".to_owned() };
        let low = domain::event::PoolThresholdSet {
            license_type: "edge-storage-1y".parse().unwrap(),
            threshold: None,
        };
        let event =
            domain::Event::new(ids.next(time), time, actor, domain::NewEvent::of_partner(low, partner));
        api_runtime::table::item::to_item(&event).unwrap()
    });
    world.put_all(events).await;
    let path = |query: &str| format!("{PARTNER}?totals=true&pageSize=1{query}");
    let refused = world.get(&path("")).by("partnerMember").assert_rejected(422, "too-many-events").await;
    assert_eq!(refused.faults(), [("totals".to_owned(), "too-many-events".to_owned())]);
    world.get(&format!("{PARTNER}?pageSize=1")).by("partnerMember").send().await.ok();
    for (query, events) in
        [("&from=2026-01-06T00:00:01Z", Some(more - 1_000)), ("&licenseType=camera-direct-1y", Some(1))]
    {
        let page = world.get(&path(query)).by("partnerMember").send().await;
        let counted = page.body["totals"]["events"].as_u64();
        assert!(page.status == 200 && events.is_none_or(|events| counted == Some(events)), "{}", page.body);
    }
}

/// A transaction has one time for all of its events, which may be after the time of the call if one of its objects was
/// updated often. A later event of another of its objects must still come after them.
#[tokio::test(flavor = "multi_thread")]
async fn event_sorts_after_an_earlier_one_of_its_object_that_another_object_delayed() {
    use crate::subscriptions::{created_ids, line, order, send_message};
    let world = World::demo().await;
    let lines = |licenses: u64| {
        let sold = line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}));
        json!([sold, {"kind": "license", "sku": "edge-storage-1y", "quantity": licenses}])
    };
    let id = created_ids(&order(&world, "SO-H", lines(1)).await.ok())[0].clone();
    for change in 1..5 {
        let data = json!({"orderId": "SO-H", "sequence": change, "lines": lines(1 + change)});
        send_message(&world, &format!("c{change}"), "order.changed", "2026-01-05T09:30:00Z", data).await.ok();
    }
    let at = ["2026-01-05T09:31:00Z", "2026-01-05T09:32:00Z"];
    send_message(&world, "m1", "order.cancelled", at[0], json!({"orderId": "SO-H"})).await.ok();
    let renewed = json!({"subscription": {"id": id}, "endsAt": "2040-01-01T00:00:00Z"});
    send_message(&world, "m2", "subscription.renewed", at[1], renewed).await.ok();
    let log = world.get("/v1/organizations/{harbour}/history?order=asc").by("operator").send().await.ok();
    let events =
        log["items"].as_array().unwrap().iter().filter(|event| event["data"]["subscriptionId"] == id);
    let sorted: Vec<_> = events.map(|event| (event["type"].clone(), event["version"].clone())).collect();
    let of = |kind: &str, version: u64| (json!(kind), json!(version));
    let expected =
        [of("subscription.ordered", 1), of("subscription.cancelled", 2), of("subscription.renewed", 3)];
    assert_eq!(sorted, expected);
}
