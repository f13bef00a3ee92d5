//! Messages of stores about subscriptions: sold, changed, renewed, transferred, migrated, used and cancelled.

use fastrand::Rng;
use local_stack::demo;
use serde_json::{Value, json};
use system::{Reply, World, strength};

use crate::orders::{link, run_job_after_a_minute, send_until_decided, vendor_events};
use crate::subscriptions::{
    all, created_ids, deactivate, events, get_as, ids, line, message, order, send_message,
};

const THEN: &str = "2026-01-05T09:59:00Z";

async fn harbour(world: &World) -> Vec<Value> {
    all(world, "{harbour}").await
}

/// Returns an order line of a subscription for Harbour Hotels.
fn one(external: &str, more: Value) -> Value {
    let mut line = line("subscription", "ER-1", "C-3", json!({"externalId": external}));
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

/// Creates the vendor's own store, which may also sell to organizations without a partner, and returns it.
async fn own_store(world: &World) -> Value {
    let body = json!({"name": "The vendor's shop", "mayNamePartners": true});
    world.post("/v1/webhook-sources").by("operator").json(body).send().await.ok()
}

/// Sends a message of a store.
async fn send_message_from(world: &World, source: &Value, id: &str, kind: &str, data: Value) -> Reply {
    let body = world.fill(&message(kind, THEN, data).to_string());
    let signed = demo::sign(source["secret"].as_str().unwrap(), id, world.now(), body.as_bytes()).unwrap();
    let call = world.post(&format!("/v1/webhooks/{}", source["id"].as_str().unwrap()));
    let call = signed.iter().fold(call, |call, (name, value)| call.header(name, value));
    call.bytes(body.as_bytes()).send().await
}

/// Links the new partner to an account at a store.
async fn link_new_partner(world: &World, source: &Value, account: &str) {
    let call = world.put("/v1/partners/{newPartner}/store").by("operator");
    call.json(json!({"sourceId": source["id"], "account": account})).send().await.ok();
}

fn renewed(external: &str, ends: &str, then: &str) -> Value {
    message("subscription.renewed", then, json!({"subscription": {"externalId": external}, "endsAt": ends}))
}

fn transferred(external: &str, account: &str, then: &str) -> Value {
    let data = json!({"subscription": {"externalId": external}, "storeAccount": account});
    message("subscription.transferred", then, data)
}

fn used(external: &str, sequence: u64, users: u64) -> Value {
    let data = json!({"subscription": {"externalId": external}, "sequence": sequence, "activeUsers": users});
    message("subscription.usage", THEN, data)
}

/// Sends a message, and asserts that it is refused, recorded in the vendor's history, and changes nothing else.
async fn assert_rejected(world: &World, id: &str, body: &Value) -> Reply {
    let (before, told) = (world.contents().await, vendor_events(world, "webhook.refused").await.len());
    let reply =
        send_until_decided(world, id, &serde_json::from_str(&world.fill(&body.to_string())).unwrap()).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    let after = world.contents().await;
    let new = |(pk, _): &&(String, String)| !pk.starts_with("REFUSED#") && !pk.starts_with("LOG#VENDOR");
    assert_eq!(before.keys().filter(new).collect::<Vec<_>>(), after.keys().filter(new).collect::<Vec<_>>());
    assert!(before.iter().all(|(key, item)| after.get(key) == Some(item)), "something changed");
    assert_eq!(vendor_events(world, "webhook.refused").await.len(), told + 1);
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_become_subscriptions_with_links_entitlements_and_contacts() {
    let world = World::demo().await;
    let contacts = json!([{"email": "Harry@Harbour.example", "name": "Harry"}, {"email": "h@harbour.example", "name": "H"}]);
    let lines = json!([
        one("H-1", json!({"linkedTo": [1], "contacts": contacts, "plan": "Premium"})),
        line("collection", "VW-1", "C-3", json!({})),
        line("app", "DS-1", "C-3", json!({"parents": [0]})),
    ]);
    let answer = order(&world, "SO-H", lines.clone()).await.ok();
    assert_eq!(
        (&answer["outcome"], &answer["order"]["billingAccount"]),
        (&json!("applied"), &json!("ec-4711"))
    );
    let new = created_ids(&answer);
    let first = get_as(&world, "partnerMember", "{harbour}", &new[0]).await;
    assert_eq!(
        (&first["linked"], &first["apps"], &first["parents"], &first["plan"], &first["sku"]),
        (&json!([new[1]]), &json!([new[2]]), &json!([]), &json!("Premium"), &json!("ER-1"))
    );
    assert_eq!((&first["partner"]["name"], &first["externalId"]), (&json!("Miyako Security"), &json!("H-1")));
    let known: Vec<_> =
        first["contacts"].as_array().unwrap().iter().map(|one| (&one["email"], &one["name"])).collect();
    let (harry, h) =
        ((json!("Harry@Harbour.example"), json!("Harry")), (json!("h@harbour.example"), json!("H")));
    assert_eq!(known, [(&harry.0, &harry.1), (&h.0, &h.1)]);
    assert_eq!(first["contacts"][0]["since"], first["createdAt"]);
    let second = get_as(&world, "operator", "{harbour}", &new[1]).await;
    assert_eq!((&second["linked"], &second["kind"]), (&json!([new[0]]), &json!("collection")));
    assert_eq!(get_as(&world, "agent", "{harbour}", &new[2]).await["parents"], json!([new[0]]));

    // Each subscription has an entitlement to its product, which is found by its number.
    let number = first["entitlementNumber"].as_str().unwrap();
    let found = world.get(&format!("/v1/entitlements/by-number/{number}")).by("agent").send().await.ok();
    assert_eq!((&found["subscriptionId"], &found["status"]), (&json!(new[0]), &json!("active")));
    assert_eq!((&found["productId"], &found["endsAt"]), (&json!(world.id("product")), &first["endsAt"]));
    let profile = world.get("/v1/organizations/{harbour}/profile").by("agent").send().await.ok();
    assert_eq!(profile["entitlements"].as_array().unwrap().len(), 3);
    let path = format!("/v1/organizations/{{harbour}}/entitlements/{}/end", found["id"].as_str().unwrap());
    world.post(&path).by("operator").assert_rejected(409, "entitlement-of-subscription").await;

    // An event lists a person among the first-time contacts only once.
    let told = events(&world, "{harbour}", "subscription.ordered").await;
    let of = |id: &str| told.iter().find(|event| event["data"]["subscriptionId"] == id).unwrap();
    assert_eq!(
        of(&new[0])["data"]["firstTimeContacts"],
        json!(["Harry@Harbour.example", "h@harbour.example"])
    );
    assert_eq!(of(&new[0])["partner"]["id"], world.id("partner"));
    let again =
        created_ids(&order(&world, "SO-H2", json!([one("H-2", json!({"contacts": contacts}))])).await.ok());
    let told = events(&world, "{harbour}", "subscription.ordered").await;
    let third = told.iter().find(|event| event["data"]["subscriptionId"] == again[0].as_str()).unwrap();
    assert_eq!(
        (third["data"]["contacts"].as_array().unwrap().len(), third["data"].get("firstTimeContacts")),
        (2, None)
    );

    // A repeated message and a repeated order create nothing.
    let before = world.contents().await;
    assert_eq!(created_ids(&order(&world, "SO-H", lines.clone()).await.ok()), new);
    world.assert_unchanged(&before).await;
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": lines});
    assert_eq!(created_ids(&send_message(&world, "other", "order.placed", THEN, data).await.ok()), new);
    assert_eq!(harbour(&world).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn order_links_to_existing_ones_and_finds_organizations_by_any_id() {
    let world = World::demo().await;
    let first = created_ids(&order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok());
    let mut by_id = one("H-2", json!({"linkedTo": [first[0]]}));
    by_id["organization"] = json!({"id": world.id("harbour")});
    // The partner's own external id applies if the vendor has no organization with that external id.
    let body = json!({"name": "Quay Hotels", "externalId": "Q-1", "partnerId": "{partner}"});
    let quay = world.post("/v1/organizations").by("partnerAdmin").json(body).send().await.ok();
    let mut own = one("Q-1", json!({}));
    own["organization"] = json!({"externalId": "Q-1"});
    let answer = order(&world, "SO-H2", json!([by_id, own])).await.ok();
    let new = created_ids(&answer);
    assert_eq!(get_as(&world, "operator", "{harbour}", &first[0]).await["linked"], json!([new[0]]));
    assert_eq!(all(&world, quay["id"].as_str().unwrap()).await[0]["id"], new[1].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_lines_report_every_fault() {
    let world = World::demo().await;
    let mut bad = one("H-1", json!({"linkedTo": [0, 9, 1], "parents": [1], "quantity": 0, "term": "P1X"}));
    bad["organization"] = json!({});
    let too_many: Vec<Value> =
        (0..6).map(|n| json!({"email": format!("c{n}@x.example"), "name": "C"})).collect();
    let other = json!({"kind": "app", "sku": "", "quantity": 1, "startsAt": "soon", "term": "P1Y",
        "organization": {"externalId": "C-3", "id": "org_1"}, "contacts": too_many, "parents": ["prt_1"], "externalId": "H-1"});
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [bad, other, {"kind": "boat"}]});
    let reply = assert_rejected(&world, "m1", &message("order.placed", THEN, data)).await;
    assert_eq!(reply.code(), "invalid-message");
    let faults: Vec<(String, String)> = reply.faults();
    let faults: Vec<(&str, &str)> =
        faults.iter().map(|(place, code)| (place.as_str(), code.as_str())).collect();
    for fault in [
        ("/data/lines/0/linkedTo/0", "unknown-line"),
        ("/data/lines/0/linkedTo/1", "unknown-line"),
        ("/data/lines/0/parents", "not-an-app"),
        ("/data/lines/0/quantity", "out-of-range"),
        ("/data/lines/0/term", "invalid-duration"),
        ("/data/lines/0/organization/id", "missing"),
        ("/data/lines/1/contacts", "too-many"),
        ("/data/lines/1/externalId", "duplicate"),
        ("/data/lines/1/organization", "ambiguous"),
        ("/data/lines/1/parents/0", "invalid-id"),
        ("/data/lines/1/sku", "invalid-length"),
        ("/data/lines/1/startsAt", "invalid-time"),
        ("/data/lines/2/kind", "unknown-value"),
    ] {
        assert!(faults.contains(&fault), "{fault:?} is not in {faults:?}");
    }
    let lines: Vec<Value> = (0..21).map(|n| one(&format!("H-{n}"), json!({}))).collect();
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": lines});
    let reply = assert_rejected(&world, "m2", &message("order.placed", THEN, data)).await;
    assert_eq!(reply.faults(), [("/data/lines".to_owned(), "too-many".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_or_foreign_references_of_a_line_are_refused() {
    let world = World::demo().await;
    world.patch("/v1/products/{videoWall}").by("operator").json(json!({"archived": true})).send().await.ok();
    order(&world, "SO-0", json!([one("H-0", json!({}))])).await.ok();
    let mut foreign = one("H-3", json!({}));
    foreign["organization"] = json!({"externalId": "C-4"});
    let mut nobody = one("H-4", json!({"linkedTo": ["{otherSubscription}"]}));
    nobody["organization"] = json!({"externalId": "C-99"});
    let lines = json!([
        line("subscription", "XX-1", "C-3", json!({})),
        line("subscription", "VW-1", "C-3", json!({})),
        foreign,
        nobody,
        one("H-5", json!({"linkedTo": ["{otherSubscription}", "{subscription}"]})),
        one("H-0", json!({})),
    ]);
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": lines});
    let reply = assert_rejected(&world, "m1", &message("order.placed", THEN, data)).await;
    let faults: Vec<(String, String)> = reply.faults();
    let expected = [
        ("/data/lines/0/sku", "unknown-product"),
        ("/data/lines/1/sku", "archived-product"),
        ("/data/lines/2/organization", "unknown-organization"),
        ("/data/lines/3/organization", "unknown-organization"),
        ("/data/lines/4/linkedTo/0", "unknown-subscription"),
        ("/data/lines/4/linkedTo/1", "unknown-subscription"),
        ("/data/lines/5/externalId", "subscription-external-id-taken"),
    ];
    assert_eq!(faults, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    // The same message is evaluated again once its order is corrected.
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [one("H-3", json!({}))]});
    send_message(&world, "m1", "order.placed", THEN, data).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn link_to_another_organization_is_refused() {
    let world = World::demo().await;
    let mut by_id = one("H-2", json!({"linkedTo": [0]}));
    by_id["organization"] = json!({"id": world.id("harbour"), "name": "Harbour"});
    order(&world, "SO-H", json!([one("H-1", json!({})), by_id])).await.ok();
    let lines = json!([line("subscription", "ER-1", "C-2", json!({})), one("H-3", json!({"linkedTo": [0]}))]);
    let data = json!({"orderId": "SO-X", "storeAccount": "ec-4711", "lines": lines});
    let reply = assert_rejected(&world, "m1", &message("order.placed", THEN, data)).await;
    assert_eq!(reply.faults(), [("/data/lines/1/linkedTo/0".to_owned(), "other-organization".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_100_links_refuse_the_whole_order() {
    let world = World::demo().await;
    let hub = created_ids(&order(&world, "SO-0", json!([one("H-0", json!({}))])).await.ok())[0].clone();
    let linked = |from: usize, count: usize| -> Vec<Value> {
        (from..from + count).map(|n| one(&format!("H-{n}"), json!({"linkedTo": [hub]}))).collect()
    };
    for from in [1, 21, 41, 61] {
        order(&world, &format!("SO-{from}"), json!(linked(from, 20))).await.ok();
    }
    order(&world, "SO-81", json!(linked(81, 19))).await.ok();
    let data = json!({"orderId": "SO-X", "storeAccount": "ec-4711", "lines": linked(200, 3)});
    let reply = assert_rejected(&world, "m1", &message("order.placed", THEN, data)).await;
    let faults: Vec<(String, String)> = reply.faults();
    let expected = ["/data/lines/1/linkedTo/0", "/data/lines/2/linkedTo/0"];
    assert_eq!(faults, expected.map(|place| (place.to_owned(), "too-many-links".to_owned())));
    order(&world, "SO-100", json!(linked(100, 1))).await.ok();
    assert_eq!(get_as(&world, "agent", "{harbour}", &hub).await["linked"].as_array().unwrap().len(), 100);
    let down = deactivate(&world, "operator", "{harbour}", &hub).send().await.ok();
    assert_eq!((&down["status"], &down["count"]), (&json!("inactive"), &json!(101)));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_mixed_order_is_applied_and_cancelled() {
    let world = World::demo().await;
    let mut lines: Vec<Value> = (0..20).map(|n| one(&format!("H-{n}"), json!({}))).collect();
    for number in 0..10 {
        let code = format!("kind-{number}");
        let body = json!({"code": code, "name": "Kind", "term": "P1Y"});
        world.post("/v1/license-types").by("operator").json(body).send().await.ok();
        lines.push(json!({"kind": "license", "sku": code, "quantity": 3}));
    }
    assert_eq!(created_ids(&order(&world, "SO-H", json!(lines)).await.ok()).len(), 20);
    assert_eq!(world.pool("partnerMember", "partner", "kind-9").await, (3, 3, 0));
    assert_eq!(harbour(&world).await.len(), 20);
    send_message(&world, "m1", "order.cancelled", "2026-01-05T09:59:30Z", json!({"orderId": "SO-H"}))
        .await
        .ok();
    assert_eq!(world.pool("partnerMember", "partner", "kind-9").await, (0, 0, 0));
    assert!(harbour(&world).await.iter().all(|one| one["status"] == "inactive"));
}

#[tokio::test(flavor = "multi_thread")]
async fn order_is_parked_with_its_changes_until_its_account_is_linked() {
    let world = World::demo().await;
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    let lines = json!([
        {"kind": "license", "sku": "edge-storage-1y", "quantity": 7},
        one("H-1", json!({"linkedTo": [2]})), one("H-2", json!({})),
    ]);
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines});
    let parked = send_message(&world, "m1", "order.placed", THEN, data).await;
    assert_eq!((parked.status, parked.body["outcome"].as_str()), (202, Some("parked")));
    // Messages that arrive while the order is parked take effect with it.
    send_until_decided(&world, "m2", &renewed("H-1", "2033-01-01T00:00:00Z", THEN)).await.ok();
    let changed = json!({"orderId": "SO-H", "occurredAt": THEN, "lines": [
        {"kind": "license", "sku": "edge-storage-1y", "quantity": 8},
        one("H-1", json!({"quantity": 9})), one("H-2", json!({}))]});
    send_message(&world, "m3", "order.changed", THEN, changed).await.ok();
    assert!(harbour(&world).await.is_empty());
    link(&world, "{newPartner}", "ec-9").await.ok();
    let there = harbour(&world).await;
    assert_eq!((there.len(), &there[0]["partnerId"]), (2, &json!(world.id("newPartner"))));
    assert_eq!((&there[0]["quantity"], &there[0]["endsAt"]), (&json!(9), &json!("2033-01-01T00:00:00.000Z")));
    assert_eq!(there[0]["linked"], json!([there[1]["id"]]));
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", "edge-storage-1y").await, (8, 8, 0));
}

async fn set_time_zone(world: &World, zone: &str) {
    let call = world.patch("/v1/organizations/{harbour}").by("operator");
    call.json(json!({"timeZone": zone})).send().await.ok();
}

/// Returns an order line for one month from 1 March on in Tokyo.
fn march(external: &str) -> Value {
    one(external, json!({"startsAt": "2026-03-01T00:00:00+09:00", "term": "P1M"}))
}

#[tokio::test(flavor = "multi_thread")]
async fn term_is_counted_in_the_organizations_time_zone_when_the_order_is_fulfilled() {
    let world = World::demo().await;
    let order = async |id: &str, line: Value| -> String {
        created_ids(&order(&world, id, json!([line])).await.ok())[0].clone()
    };
    let shown = async |id: &str| get_as(&world, "operator", "{harbour}", id).await;
    set_time_zone(&world, "Asia/Tokyo").await;
    let in_tokyo = order("SO-H", march("H-1")).await;
    let before = shown(&in_tokyo).await;
    assert_eq!(
        (&before["startsAt"], &before["endsAt"], &before["billDate"]),
        (&json!("2026-02-28T15:00:00.000Z"), &json!("2026-03-31T15:00:00.000Z"), &json!("2026-04-01"))
    );
    let path = format!("/v1/entitlements/by-number/{}", before["entitlementNumber"].as_str().unwrap());
    assert_eq!(world.get(&path).by("agent").send().await.ok()["endsAt"], before["endsAt"]);
    // Another time zone moves neither the end nor that of the entitlement, only the date that is shown.
    set_time_zone(&world, "Europe/Berlin").await;
    let after = shown(&in_tokyo).await;
    assert_eq!((&after["endsAt"], &after["billDate"]), (&before["endsAt"], &json!("2026-03-31")));
    assert_eq!(world.get(&path).by("agent").send().await.ok()["endsAt"], before["endsAt"]);
    // Nor does a change of the order move it: only plan and quantity take effect.
    let more = json!({"plan": "Premium", "term": "P2M", "startsAt": "2026-04-01T00:00:00Z"});
    let data = json!({"orderId": "SO-H", "sequence": 1, "lines": [one("H-1", more)]});
    send_message(&world, "m1", "order.changed", THEN, data).await.ok();
    let after = shown(&in_tokyo).await;
    assert_eq!(
        (&after["plan"], &after["startsAt"], &after["endsAt"]),
        (&json!("Premium"), &before["startsAt"], &before["endsAt"])
    );
    // In Berlin, the same month is from 28 February, 16:00, to 28 March, 16:00.
    let in_berlin = order("SO-H2", march("H-2")).await;
    assert_eq!(shown(&in_berlin).await["endsAt"], "2026-03-28T15:00:00.000Z");
    // In Auckland, clocks are set back on 5 April, so the month from 15 March on is an hour longer.
    set_time_zone(&world, "Pacific/Auckland").await;
    let until_winter = json!({"startsAt": "2026-03-15T00:00:00+13:00", "term": "P1M"});
    let in_auckland = order("SO-H3", one("H-3", until_winter)).await;
    assert_eq!(shown(&in_auckland).await["endsAt"], "2026-04-14T12:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn term_of_a_parked_order_is_counted_in_the_time_zone_at_its_linking() {
    let world = World::demo().await;
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    set_time_zone(&world, "Europe/Berlin").await;
    let data = json!({"orderId": "SO-P", "storeAccount": "ec-9", "lines": [march("H-1")]});
    assert_eq!(send_message(&world, "m1", "order.placed", THEN, data).await.status, 202);
    set_time_zone(&world, "Asia/Tokyo").await;
    link(&world, "{newPartner}", "ec-9").await.ok();
    assert_eq!(harbour(&world).await[0]["endsAt"], "2026-03-31T15:00:00.000Z");
}

/// Times of messages are parsed like those of requests: any offset, cut to milliseconds.
#[tokio::test(flavor = "multi_thread")]
async fn times_of_messages_and_requests_are_accepted_and_refused_alike() {
    let world = World::demo().await;
    let line = one("H-1", json!({"startsAt": "2026-01-05t18:00:00.123456789+09:00"}));
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [line]});
    send_message(&world, "m1", "order.placed", "2026-01-05T18:59:00.987654321+09:00", data).await.ok();
    let renewal = renewed("H-1", "2032-01-01T00:00:00.999999999-05:00", "2026-01-05T09:59:00.000000001z");
    send_until_decided(&world, "m2", &renewal).await.ok();
    let data = json!({"orderId": "SO-H"});
    send_message(&world, "m3", "order.cancelled", "2026-01-05T18:59:30.123999999+09:00", data).await.ok();
    let there = harbour(&world).await;
    assert_eq!(
        (&there[0]["startsAt"], &there[0]["endsAt"], &there[0]["cancelledAt"]),
        (
            &json!("2026-01-05T09:00:00.123Z"),
            &json!("2032-01-01T05:00:00.999Z"),
            &json!("2026-01-05T09:59:30.123Z")
        )
    );
    let owned = |starts: &str| {
        let body = json!({"productId": "{videoWall}", "startsAt": starts});
        world.post("/v1/organizations/{harbour}/entitlements").by("operator").json(body)
    };
    let made = owned("2026-01-05t18:00:00.123456789+09:00").send().await.ok();
    assert_eq!(made["startsAt"], "2026-01-05T09:00:00.123Z");
    for (number, bad) in
        ["2026-01-05 09:59:00Z", "2016-12-31T23:59:60Z", "1969-12-31T23:59:59.999Z", "2026-01-05T09:59:00"]
            .into_iter()
            .enumerate()
    {
        let refused = owned(bad).assert_rejected(400, "invalid-request").await;
        let detail = &refused.body["errors"][0]["detail"];
        let refused = assert_rejected(&world, &format!("bad-{number}"), &renewed("H-1", bad, bad)).await;
        let faults = ["/data/endsAt", "/timestamp"].map(|at| (at.to_owned(), "invalid-time".to_owned()));
        assert_eq!(refused.faults(), faults, "{bad}");
        let errors = refused.body["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["detail"] == *detail), "{errors:?} {detail}");
    }
}

/// JSON Schema takes every number without a fraction for an integer.
#[tokio::test(flavor = "multi_thread")]
async fn integers_of_messages_may_be_written_with_a_point() {
    let world = World::demo().await;
    let lines = json!([one("H-1", json!({"quantity": 3.0, "linkedTo": [1.0]})), one("H-2", json!({}))]);
    let new = created_ids(&order(&world, "SO-H", lines).await.ok());
    let used = |sequence: Value, users: Value| {
        let data = json!({"subscription": {"externalId": "H-1"}, "sequence": sequence, "activeUsers": users});
        message("subscription.usage", THEN, data)
    };
    send_until_decided(&world, "m1", &used(json!(1.0), json!(0.0))).await.ok();
    let first = get_as(&world, "operator", "{harbour}", &new[0]).await;
    assert_eq!(
        (&first["quantity"], &first["linked"], &first["activeUsers"]),
        (&json!(3), &json!([new[1]]), &json!(0))
    );
    let refused = assert_rejected(&world, "m2", &used(json!(2.5), json!(0.5))).await;
    let wrong = ["/data/activeUsers", "/data/sequence"].map(|at| (at.to_owned(), "wrong-type".to_owned()));
    assert_eq!(refused.faults(), wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn vendor_store_sells_without_a_partner_and_changes_only_its_own_sales() {
    let world = World::demo().await;
    let mine = json!({"orderId": "D-1", "lines": [one("D-1", json!({}))]});
    let reply = assert_rejected(&world, "m1", &message("order.placed", THEN, mine.clone())).await;
    assert_eq!(reply.code(), "account-required");
    let source = own_store(&world).await;
    let direct =
        async |id: &str, kind: &str, data: Value| send_message_from(&world, &source, id, kind, data).await;
    let new = created_ids(&direct("d1", "order.placed", mine).await.ok());
    let there = get_as(&world, "operator", "{harbour}", &new[0]).await;
    assert_eq!((there.get("partner"), there.get("billingAccount")), (None, None));
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}", new[0]);
    world.get(&path).by("partnerAdmin").assert_rejected(404, "not-found").await;

    // A source may change only subscriptions that it sold; it finds no others, by id or by external id.
    for (id, named) in [("d2", json!({"id": world.id("subscription")})), ("d3", json!({"externalId": "S-1"}))]
    {
        let data = json!({"subscription": named, "endsAt": "2040-01-01T00:00:00Z"});
        let reply = direct(id, "subscription.renewed", data).await;
        assert_eq!(
            vendor_events(&world, "subscription.message-pending").await.len(),
            usize::from(id == "d3")
        );
        let by_id = id == "d2";
        assert_eq!(
            (reply.status, reply.body["outcome"].as_str()),
            if by_id { (422, None) } else { (200, Some("pending")) }
        );
    }
    let yamadas = get_as(&world, "operator", "{yamada}", world.id("subscription")).await;
    assert_eq!(yamadas["endsAt"], "2031-01-05T09:00:00.000Z");
    // It may transfer its own subscription to a partner.
    let data = json!({"subscription": {"id": new[0]}, "partnerId": world.id("otherPartner")});
    direct("d4", "subscription.transferred", data).await.ok();
    assert_eq!(
        get_as(&world, "otherPartnerMember", "{harbour}", &new[0]).await["partner"]["name"],
        "Anadolu Güvenlik"
    );
}

/// Returns the subscriptions of Harbour Hotels without their ids, times and versions.
async fn state(world: &World) -> Value {
    let mut there = harbour(world).await;
    for one in &mut there {
        let one = one.as_object_mut().unwrap();
        for name in ["id", "createdAt", "updatedAt", "version", "entitlementId", "entitlementNumber"] {
            one.remove(name);
        }
    }
    there.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn message_order_and_repeats_do_not_change_the_result() {
    let lines = |quantity: u64| json!([one("H-1", json!({"quantity": quantity}))]);
    let placed = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": lines(5)});
    let change = |sequence: u64, quantity: u64| {
        let data = json!({"orderId": "SO-H", "sequence": sequence, "lines": lines(quantity)});
        message("order.changed", THEN, data)
    };
    let messages = [
        message("order.placed", THEN, placed),
        change(1, 6),
        change(2, 7),
        renewed("H-1", "2032-01-01T00:00:00Z", "2026-01-05T09:10:00Z"),
        renewed("H-1", "2033-01-01T00:00:00Z", "2026-01-05T09:20:00Z"),
        transferred("H-1", "ec-4712", "2026-01-05T09:30:00Z"),
        transferred("H-1", "ec-4711", "2026-01-05T09:25:00Z"),
        used("H-1", 1, 3),
        used("H-1", 2, 4),
    ];
    let mut states = Vec::new();
    for round in strength::seeds(8, 200) {
        let world = World::demo().await;
        let mut order: Vec<usize> = (0..messages.len()).collect();
        let random = &mut Rng::with_seed(round);
        // One round in a hundred, the first of a run, sends the messages in their original order.
        if !round.is_multiple_of(100) {
            random.shuffle(&mut order);
        }
        for (position, index) in order.iter().enumerate() {
            send_until_decided(&world, &format!("m{index}"), &messages[*index]).await.ok();
            // A message that was already sent is repeated under another message id.
            let other = &messages[order[random.usize(..=position)]];
            send_until_decided(&world, &format!("again-{position}"), other).await.ok();
        }
        let state = state(&world).await;
        assert_eq!(
            (&state[0]["quantity"], &state[0]["activeUsers"], &state[0]["endsAt"]),
            (&json!(7), &json!(4), &json!("2033-01-01T00:00:00.000Z")),
            "{order:?}"
        );
        assert_eq!(state[0]["partnerId"], world.id("otherPartner"), "{order:?}");
        // The new partner now has the organization in its directory, and the previous one keeps it.
        let path = "/v1/partners/{otherPartner}/organizations?name=Harbour";
        let names = world.get(path).by("otherPartnerAdmin").send().await.ok();
        assert_eq!(names["items"].as_array().unwrap().len(), 1);
        let profile = world.get("/v1/organizations/{harbour}/profile").by("agent").send().await.ok();
        assert_eq!(profile["entitlements"][0]["endsAt"], "2033-01-01T00:00:00.000Z");
        states.push(state);
    }
    assert!(states.iter().all(|state| *state == states[0]), "{states:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_order_ends_in_any_message_order_and_can_be_renewed() {
    let placed = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [one("H-1", json!({}))]});
    let placed = message("order.placed", "2026-01-05T09:00:00Z", placed);
    let cancelled = message("order.cancelled", "2026-01-05T09:30:00Z", json!({"orderId": "SO-H"}));
    let before = renewed("H-1", "2032-01-01T00:00:00Z", "2026-01-05T09:20:00Z");
    let mut states = Vec::new();
    for order in
        [[&placed, &before, &cancelled], [&before, &cancelled, &placed], [&cancelled, &placed, &before]]
    {
        let world = World::demo().await;
        for (number, message) in order.iter().enumerate() {
            send_until_decided(&world, &format!("m{number}"), message).await.ok();
        }
        let state = state(&world).await;
        assert_eq!((&state[0]["status"], state[0].get("daysUntilRenewal")), (&json!("inactive"), None));
        let profile = async || world.get("/v1/organizations/{harbour}/profile").by("agent").send().await.ok();
        assert_eq!(profile().await["entitlements"], json!([]));
        states.push(state);
        send_until_decided(&world, "late", &renewed("H-1", "2034-01-01T00:00:00Z", "2026-01-05T09:40:00Z"))
            .await
            .ok();
        assert_eq!(harbour(&world).await[0]["status"], "pending-set-up");
        assert_eq!(profile().await["entitlements"][0]["endsAt"], "2034-01-01T00:00:00.000Z");
        // A renewed subscription can be cancelled again, but an older cancellation has no effect.
        let cancel = async |id: &str, then: &str| {
            send_message(&world, id, "order.cancelled", then, json!({"orderId": "SO-H"})).await.ok();
            harbour(&world).await[0]["status"].clone()
        };
        assert_eq!(cancel("c1", "2026-01-05T09:35:00Z").await, "pending-set-up");
        assert_eq!(cancel("c2", "2026-01-05T09:45:00Z").await, "inactive");
        let told = events(&world, "{harbour}", "subscription.cancelled").await;
        assert_eq!(told.len(), 2, "told when it ended");
        send_until_decided(&world, "later", &renewed("H-1", "2034-01-01T00:00:00Z", "2026-01-05T09:50:00Z"))
            .await
            .ok();
        assert_eq!(harbour(&world).await[0]["status"], "pending-set-up");
        // The order can be changed, because its subscription is active again; licenses would not come back.
        let data = json!({"orderId": "SO-H", "sequence": 9, "lines": [one("H-1", json!({"quantity": 99}))]});
        let answer = send_message(&world, "m9", "order.changed", THEN, data).await.ok();
        assert_eq!(
            (&answer["outcome"], &harbour(&world).await[0]["quantity"]),
            (&json!("cancelled"), &json!(99))
        );
    }
    assert!(states.iter().all(|state| *state == states[0]), "{states:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn change_cancellation_and_renewal_apply_in_any_order_even_while_parked() {
    send_in_every_order(false).await;
    send_in_every_order(true).await;
}

/// Sends four messages in each of their 24 orders, for an account that is linked from the beginning, or only at
/// the end if `late`.
async fn send_in_every_order(late: bool) {
    let lines = |quantity: u64| json!([one("H-1", json!({"quantity": quantity}))]);
    let account = if late { "ec-9" } else { "ec-4711" };
    let placed = json!({"orderId": "SO-H", "storeAccount": account, "lines": lines(5)});
    let messages = [
        message("order.placed", "2026-01-05T09:00:00Z", placed),
        message("order.changed", THEN, json!({"orderId": "SO-H", "sequence": 1, "lines": lines(7)})),
        message("order.cancelled", "2026-01-05T09:30:00Z", json!({"orderId": "SO-H"})),
        renewed("H-1", "2034-01-01T00:00:00Z", "2026-01-05T09:40:00Z"),
    ];
    let mut orders = vec![Vec::new()];
    for next in 0..4 {
        let put = |order: &Vec<usize>| {
            (0..=order.len()).map(|at| [&order[..at], &[next], &order[at..]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(put).collect();
    }
    for order in orders {
        let world = World::demo().await;
        if late {
            world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
        }
        for index in &order {
            let reply = send_until_decided(&world, &format!("m{index}"), &messages[*index]).await;
            assert!(reply.status < 300, "{order:?} {}", reply.body);
        }
        if late {
            link(&world, "{newPartner}", "ec-9").await.ok();
        }
        let there = harbour(&world).await;
        let told = (there.len(), &there[0]["status"], &there[0]["quantity"], &there[0]["endsAt"]);
        assert_eq!(
            told,
            (1, &json!("pending-set-up"), &json!(7), &json!("2034-01-01T00:00:00.000Z")),
            "{order:?}"
        );
    }
}

/// A message dated in the future would silence all later ones, or end a subscription too early.
#[tokio::test(flavor = "multi_thread")]
async fn message_dated_in_the_future_is_refused_and_changes_nothing() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok();
    let too_late = "2026-01-05T10:05:00.001Z";
    let in_data = |kind: &str, timestamp: &str, occurred_at: &str| {
        let mut data = match kind {
            "subscription.usage" => json!({"subscription": {"externalId": "H-1"}, "activeUsers": 3}),
            _ => json!({"orderId": "SO-H", "lines": [one("H-1", json!({"quantity": 9}))]}),
        };
        data["occurredAt"] = occurred_at.into();
        message(kind, timestamp, data)
    };
    let placed = json!({"orderId": "SO-2", "storeAccount": "ec-4711", "lines": [one("H-2", json!({}))]});
    let site = json!({"subscription": {"externalId": "H-1"}, "url": "https://x.example"});
    let (timestamp, occurred_at) = ("/timestamp", "/data/occurredAt");
    for (number, (body, places)) in [
        (message("order.placed", too_late, placed), vec![timestamp]),
        (message("order.cancelled", "9999-01-01T00:00:00Z", json!({"orderId": "SO-H"})), vec![timestamp]),
        (renewed("H-1", "2040-01-01T00:00:00Z", too_late), vec![timestamp]),
        (transferred("H-1", "ec-4712", "2026-01-05T19:05:00.001+09:00"), vec![timestamp]),
        (message("site.migrated", too_late, site), vec![timestamp]),
        (in_data("subscription.usage", too_late, THEN), vec![timestamp]),
        (in_data("subscription.usage", THEN, "2099-01-01T00:00:00Z"), vec![occurred_at]),
        (in_data("subscription.usage", too_late, too_late), vec![occurred_at, timestamp]),
        (in_data("order.changed", too_late, THEN), vec![timestamp]),
        (in_data("order.changed", THEN, too_late), vec![occurred_at]),
        (in_data("order.changed", too_late, too_late), vec![occurred_at, timestamp]),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = assert_rejected(&world, &format!("m{number}"), &body).await;
        assert_eq!(reply.code(), "occurred-in-future", "{body}");
        let faults: Vec<_> =
            places.iter().map(|at| ((*at).to_owned(), "occurred-in-future".to_owned())).collect();
        assert_eq!(reply.faults(), faults, "{body}");
    }
    // Faults of form come first, and the time is judged again once it has come.
    let mut wrong = renewed("H-1", "soon", too_late);
    assert_eq!(assert_rejected(&world, "m20", &wrong).await.code(), "invalid-message");
    wrong["data"]["endsAt"] = "2040-01-01T00:00:00Z".into();
    assert_eq!(send_until_decided(&world, "m20", &wrong).await.code(), "occurred-in-future");
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    assert_eq!(send_until_decided(&world, "m20", &wrong).await.ok()["outcome"], "applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_up_to_five_minutes_ahead_is_taken_as_it_is() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok();
    let data = json!({"orderId": "SO-H"});
    send_message(&world, "m1", "order.cancelled", "2026-01-05T10:05:00.000Z", data).await.ok();
    let there = harbour(&world).await;
    assert_eq!(there[0]["cancelledAt"], "2026-01-05T10:05:00.000Z");
    let used_at = |id: &str, then: &str, users: u64| {
        let data = json!({"subscription": {"externalId": "H-1"}, "occurredAt": then, "activeUsers": users});
        (id.to_owned(), message("subscription.usage", THEN, data))
    };
    for ((id, body), users) in [
        (used_at("m2", "2026-01-05T10:04:00Z", 3), 3),
        (used_at("m3", "2026-01-05T10:03:00Z", 4), 3),
        (used_at("m4", "2026-01-05T10:04:30Z", 5), 5),
    ] {
        send_until_decided(&world, &id, &body).await.ok();
        assert_eq!(harbour(&world).await[0]["activeUsers"], users, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_line_linked_to_a_deactivated_one_is_ignored_and_recorded() {
    let world = World::demo().await;
    let store = own_store(&world).await;
    let direct = json!({"orderId": "SO-0", "lines": [one("H-0", json!({}))]});
    let first = created_ids(&send_message_from(&world, &store, "m0", "order.placed", direct).await.ok());
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    let lines = json!([
        one("H-1", json!({"linkedTo": [first[0]]})),
        one("H-2", json!({"linkedTo": [0]})),
        one("H-3", json!({}))
    ]);
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines});
    assert_eq!(send_message_from(&world, &store, "m1", "order.placed", data).await.status, 202);
    deactivate(&world, "operator", "{harbour}", &first[0]).send().await.ok();
    link_new_partner(&world, &store, "ec-9").await;
    assert_eq!(harbour(&world).await.len(), 2);
    let path = "/v1/partners/{newPartner}/history?type=order.line-ignored&order=asc";
    let told = world.get(path).by("newPartnerAdmin").send().await.ok();
    let mut reasons: Vec<_> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["data"]["reason"].as_str().unwrap())
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "the line is linked to another line that cannot take effect",
            "the linked subscription was deactivated, which is irreversible: sell a new one"
        ]
    );
}

/// A partner's subscriptions must not be deactivated with another partner's, so an order may link only to
/// subscriptions that its own partner manages or that no partner manages.
#[tokio::test(flavor = "multi_thread")]
async fn link_to_a_subscription_of_another_partner_is_refused() {
    let world = World::demo().await;
    world.put("/v1/partners/{otherPartner}/organizations/{yamada}").by("operator").send().await.ok();
    let theirs = json!([{"email": "sora@yamada.example", "name": "Sora"}]);
    for (number, more) in
        [json!({"linkedTo": ["{subscription}"]}), json!({"kind": "app", "parents": ["{subscription}"]})]
            .into_iter()
            .enumerate()
    {
        let mut line = line("subscription", "ER-1", "C-1", json!({"contacts": theirs}));
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let data = json!({"orderId": format!("SO-X{number}"), "storeAccount": "ec-4712", "lines": [line]});
        let reply =
            assert_rejected(&world, &format!("x{number}"), &message("order.placed", THEN, data)).await;
        let name = if number == 0 { "linkedTo" } else { "parents" };
        assert_eq!(reply.faults(), [(format!("/data/lines/0/{name}/0"), "unknown-subscription".to_owned())]);
    }
    // A parked order is not exempt: when its account is linked, such a line is ignored.
    world.put("/v1/partners/{newPartner}/organizations/{yamada}").by("operator").send().await.ok();
    let lines = json!([
        line("subscription", "ER-1", "C-1", json!({"linkedTo": ["{subscription}"]})),
        line("subscription", "ER-1", "C-1", json!({})),
    ]);
    let data = json!({"orderId": "SO-P", "storeAccount": "ec-9", "lines": lines});
    assert_eq!(send_message(&world, "p", "order.placed", THEN, data).await.status, 202);
    link(&world, "{newPartner}", "ec-9").await.ok();
    let of_new = world.get("/v1/partners/{newPartner}/subscriptions").by("newPartnerAdmin").send().await.ok();
    assert_eq!(of_new["items"].as_array().unwrap().len(), 1, "{of_new}");
    let subscription = get_as(&world, "operator", "{yamada}", world.id("subscription")).await;
    assert_eq!(
        subscription["linked"].as_array().unwrap().len(),
        2,
        "what it was linked to, and nothing more"
    );
}

/// However many lines of an order are ignored, the remaining ones are created.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_lines_do_not_prevent_the_remaining_lines() {
    let world = World::demo().await;
    let store = own_store(&world).await;
    let direct = json!({"orderId": "SO-0", "lines": [one("H-0", json!({}))]});
    let first = created_ids(&send_message_from(&world, &store, "m0", "order.placed", direct).await.ok());
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    let contacts = |line: usize| -> Vec<Value> {
        let contact = |n: usize| json!({"email": format!("h-{line}-{n}@harbour.example"), "name": "H"});
        (0..5).map(contact).collect()
    };
    let good = (0..9).map(|n| one(&format!("G-{n}"), json!({"contacts": contacts(n)})));
    let lost = (0..11).map(|n| one(&format!("L-{n}"), json!({"linkedTo": [first[0]]})));
    let lines: Vec<Value> = good.chain(lost).collect();
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines});
    assert_eq!(send_message_from(&world, &store, "m1", "order.placed", data).await.status, 202);
    deactivate(&world, "operator", "{harbour}", &first[0]).send().await.ok();
    link_new_partner(&world, &store, "ec-9").await;
    run_job_after_a_minute(&world).await;
    let up = harbour(&world).await.into_iter().filter(|one| one["status"] == "pending-set-up").count();
    assert_eq!(up, 9);
    let path = "/v1/partners/{newPartner}/history?type=order.line-ignored&pageSize=100";
    let told = world.get(path).by("newPartnerAdmin").send().await.ok();
    assert_eq!(told["items"].as_array().unwrap().len(), 11);
}

/// A change that arrives before its order and has other lines has no effect, as it would have none later.
#[tokio::test(flavor = "multi_thread")]
async fn early_change_with_other_lines_is_ignored_when_the_order_arrives() {
    let world = World::demo().await;
    let changed =
        |sequence: u64, lines: Value| json!({"orderId": "SO-H", "sequence": sequence, "lines": lines});
    let other = json!([one("H-1", json!({"kind": "collection", "plan": "Other"}))]);
    send_message(&world, "m1", "order.changed", THEN, changed(5, other)).await.ok();
    let better = || json!([one("H-1", json!({"plan": "Better"}))]);
    // Only the order itself shows which of the two changes has other lines; until it arrives, the second one is
    // refused, and its store retries.
    let reply = assert_rejected(&world, "m2", &message("order.changed", THEN, changed(4, better()))).await;
    assert_eq!(reply.code(), "lines-differ");
    let cancelled = json!({"orderId": "SO-H"});
    send_message(&world, "m0", "order.cancelled", "2026-01-05T09:58:00Z", cancelled).await.ok();
    let reply = assert_rejected(&world, "m5", &message("order.changed", THEN, changed(4, better()))).await;
    assert_eq!(reply.code(), "lines-differ", "cancelled or not");
    order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok();
    let ignored = vendor_events(&world, "order.change-ignored").await;
    assert_eq!((ignored.len(), &ignored[0]["data"]["sequence"]), (1, &json!(5)));
    send_message(&world, "m2", "order.changed", THEN, changed(4, better())).await.ok();
    assert_eq!(harbour(&world).await[0]["plan"], "Better");

    // Licenses that an early change names in place of subscriptions have no effect either.
    let lines = json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": 7}]);
    let data = json!({"orderId": "SO-L", "sequence": 1, "lines": lines});
    send_message(&world, "m3", "order.changed", THEN, data).await.ok();
    let before = world.pool("partnerMember", "partner", "edge-storage-1y").await;
    order(&world, "SO-L", json!([one("H-2", json!({}))])).await.ok();
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, before);
    send_message(&world, "m4", "order.cancelled", "2026-01-05T09:59:30Z", json!({"orderId": "SO-L"}))
        .await
        .ok();
    assert_eq!(harbour(&world).await[1]["status"], "inactive");
}

/// A partner that has nothing left of an order does not see what happens to the order.
#[tokio::test(flavor = "multi_thread")]
async fn previous_partner_gets_no_events_of_a_transferred_order() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok();
    send_until_decided(&world, "m1", &transferred("H-1", "ec-4712", THEN)).await.ok();
    let data = json!({"orderId": "SO-H", "sequence": 1, "lines": [one("H-1", json!({"plan": "Better"}))]});
    send_message(&world, "m2", "order.changed", THEN, data).await.ok();
    let cancelled = json!({"orderId": "SO-H"});
    send_message(&world, "m3", "order.cancelled", "2026-01-05T09:59:30Z", cancelled).await.ok();
    for kind in ["order.changed", "order.cancelled"] {
        let path = format!("/v1/partners/{{partner}}/history?type={kind}");
        let told = world.get(&path).by("partnerMember").send().await.ok();
        assert_eq!(told["items"], json!([]), "{kind}");
        let is = |event: &Value| event["data"]["orderId"] == "SO-H";
        assert_eq!(vendor_events(&world, kind).await.into_iter().filter(is).count(), 1, "{kind}");
    }
    let path = "/v1/partners/{otherPartner}/history?type=subscription.cancelled";
    let told = world.get(path).by("otherPartnerAdmin").send().await.ok();
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
}

/// A partner that loses licenses of an order sees its cancellation.
#[tokio::test(flavor = "multi_thread")]
async fn buyer_of_licenses_sees_the_cancellation_after_a_transfer() {
    let world = World::demo().await;
    let lines = json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": 7}, one("H-1", json!({}))]);
    order(&world, "SO-H", lines).await.ok();
    send_until_decided(&world, "m1", &transferred("H-1", "ec-4712", THEN)).await.ok();
    send_message(&world, "m2", "order.cancelled", "2026-01-05T09:59:30Z", json!({"orderId": "SO-H"}))
        .await
        .ok();
    let path = "/v1/partners/{partner}/history?type=order.cancelled";
    let told = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(told["items"][0]["data"]["orderId"], "SO-H");
}

/// A customer who was removed after a parked order named it is no contact when the order is applied, because
/// the order named it before the removal.
#[tokio::test(flavor = "multi_thread")]
async fn customer_removed_while_the_order_was_parked_becomes_no_contact() {
    let world = World::demo().await;
    let kenji = json!({"email": "kenji@harbour.example", "name": "Kenji"});
    let record = world.post("/v1/organizations/{harbour}/customers").by("operator").json(kenji.clone());
    let record = record.send().await.ok();
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    let lines = json!([one("H-1", json!({"contacts": [kenji]}))]);
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines});
    assert_eq!(send_message(&world, "m1", "order.placed", THEN, data).await.status, 202);
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    let path = format!("/v1/customers/{}", record["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    link(&world, "{newPartner}", "ec-9").await.ok();
    let id = harbour(&world).await[0]["id"].as_str().unwrap().to_owned();
    let token = world.token_of(json!({"sub": "kenji", "email": "kenji@harbour.example", "role": "customer", "org": world.id("harbour")}));
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{id}");
    world.get(&path).token(&token).assert_rejected(404, "not-found").await;
    let told = events(&world, "{harbour}", "subscription.ordered").await;
    assert!(told.len() == 1 && !told[0].to_string().contains("kenji"), "{told:?}");
}

/// An early change does not count as the arrival of its order: contacts are named when the order itself
/// arrives, here after the customer record was removed, so the contact has access.
#[tokio::test(flavor = "multi_thread")]
async fn early_change_does_not_exclude_contacts_named_by_the_order() {
    let world = World::demo().await;
    let kenji = json!({"email": "kenji@harbour.example", "name": "Kenji"});
    let data = json!({"orderId": "SO-H", "sequence": 1, "lines": [one("H-1", json!({"plan": "Better"}))]});
    send_message(&world, "m1", "order.changed", THEN, data).await.ok();
    let later = async || {
        world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    };
    let record = world.post("/v1/organizations/{harbour}/customers").by("operator").json(kenji.clone());
    let record = record.send().await.ok();
    later().await;
    let path = format!("/v1/customers/{}", record["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    later().await;
    let new =
        created_ids(&order(&world, "SO-H", json!([one("H-1", json!({"contacts": [kenji]}))])).await.ok());
    let token = world.token_of(json!({"sub": "kenji", "email": "kenji@harbour.example", "role": "customer", "org": world.id("harbour")}));
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}", new[0]);
    world.get(&path).token(&token).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn change_with_other_lines_is_refused() {
    let world = World::demo().await;
    let lines = json!([one("H-1", json!({})), one("H-2", json!({}))]);
    order(&world, "SO-H", lines).await.ok();
    let other = line("collection", "ER-1", "C-3", json!({}));
    for (id, lines) in [("m0", json!([one("H-1", json!({}))])), ("m1", json!([one("H-1", json!({})), other]))]
    {
        let data = json!({"orderId": "SO-H", "sequence": 1, "lines": lines});
        let reply = assert_rejected(&world, id, &message("order.changed", THEN, data)).await;
        assert_eq!(reply.code(), "lines-differ");
    }
    let data =
        json!({"orderId": "SO-H", "sequence": 1, "occurredAt": THEN, "lines": [one("H-1", json!({}))]});
    assert_eq!(
        assert_rejected(&world, "m2", &message("order.changed", THEN, data)).await.faults()[0].1,
        "ambiguous"
    );
    let data = json!({"orderId": "SO-H", "sequence": 4, "lines": [one("H-1", json!({"plan": "Premium"})), one("H-2", json!({}))]});
    send_message(&world, "m3", "order.changed", THEN, data).await.ok();
    let there = harbour(&world).await;
    assert_eq!((&there[0]["plan"], there[1].get("plan")), (&json!("Premium"), None));
    assert_eq!(
        events(&world, "{harbour}", "subscription.changed").await.len(),
        1,
        "only what changed is told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn transfer_moves_visibility_at_once_and_history_is_kept() {
    let world = World::demo().await;
    let id = world.id("subscription").to_owned();
    let sees = async |who: &str| {
        let path = format!("/v1/organizations/{{yamada}}/subscriptions/{id}");
        world.get(&path).by(who).send().await.status
    };
    assert_eq!((sees("partnerMember").await, sees("otherPartnerAdmin").await), (200, 404));
    world.fault_proxy().delay_indexes(true);
    send_until_decided(&world, "m1", &transferred("S-1", "ec-4712", THEN)).await.ok();
    assert_eq!((sees("partnerMember").await, sees("otherPartnerAdmin").await), (404, 200));
    let listed = async |who: &str, partner: &str| {
        let page = world.get(&format!("/v1/partners/{{{partner}}}/subscriptions")).by(who).send().await.ok();
        page["items"].as_array().unwrap().iter().any(|one| one["id"] == id.as_str())
    };
    assert!(!listed("partnerMember", "partner").await, "a late index shows nothing of it either");
    world.fault_proxy().delay_indexes(false);
    assert!(listed("otherPartnerAdmin", "otherPartner").await);
    let path = "/v1/organizations/{yamada}/subscriptions";
    assert!(!ids(&world.get(path).by("partnerMember").send().await.ok()["items"]).contains(&id.as_str()));
    // The previous partner keeps the earlier history and sees the transfer; the new partner sees later events.
    let history = async |who: &str, partner: &str, kind: &str| {
        let path = format!("/v1/partners/{{{partner}}}/history?type={kind}");
        let page = world.get(&path).by(who).send().await.ok();
        page["items"].as_array().unwrap().iter().any(|event| event["data"]["subscriptionId"] == id.as_str())
    };
    assert!(history("partnerMember", "partner", "subscription.ordered").await);
    assert!(history("partnerMember", "partner", "subscription.transferred-away").await);
    assert!(history("otherPartnerAdmin", "otherPartner", "subscription.transferred").await);
    assert!(!history("otherPartnerAdmin", "otherPartner", "subscription.ordered").await);
    send_until_decided(&world, "m2", &used("S-1", 1, 8)).await.ok();
    assert!(history("otherPartnerAdmin", "otherPartner", "subscription.usage-reported").await);
    assert!(!history("partnerMember", "partner", "subscription.usage-reported").await);
    // A partner does not learn even the id of a subscription that it does not manage any more, or not yet.
    let wall = get_as(&world, "partnerMember", "{yamada}", world.id("wallSubscription")).await;
    assert_eq!((&wall["linked"], &wall["apps"]), (&json!([]), &json!([world.id("app")])));
    for (who, path) in [
        ("partnerMember", "/v1/organizations/{yamada}/subscriptions"),
        ("otherPartnerAdmin", "/v1/organizations/{yamada}/subscriptions"),
        ("partnerMember", "/v1/partners/{partner}/subscriptions"),
        ("otherPartnerAdmin", "/v1/partners/{otherPartner}/subscriptions"),
    ] {
        let page = world.get(path).by(who).send().await.ok();
        let known = ids(&page["items"]);
        for one in page["items"].as_array().unwrap() {
            for name in ["linked", "parents", "apps"] {
                assert!(
                    one[name].as_array().unwrap().iter().all(|id| known.contains(&id.as_str().unwrap())),
                    "{who} {one}"
                );
            }
        }
    }
    // A repeated transfer and an older one change nothing.
    let before = get_as(&world, "operator", "{yamada}", &id).await;
    for (id, account, then) in [("m3", "ec-4712", THEN), ("m4", "ec-4711", "2026-01-05T09:00:00Z")] {
        let answer = send_until_decided(&world, id, &transferred("S-1", account, then)).await.ok();
        assert_eq!(answer["outcome"], "ignored", "{id}");
    }
    assert_eq!(get_as(&world, "operator", "{yamada}", &id).await, before);
    let reply = assert_rejected(&world, "m5", &transferred("S-1", "ec-nobody", "2026-01-05T10:00:00Z")).await;
    assert_eq!(reply.code(), "unknown-account");
}

#[tokio::test(flavor = "multi_thread")]
async fn migration_sets_the_site_and_marks_the_first_one() {
    let world = World::demo().await;
    let migrated = |id: &str, external: &str, url: &str, then: &str| {
        let data = json!({"subscription": {"externalId": external}, "url": url, "name": "New"});
        (id.to_owned(), message("site.migrated", then, data))
    };
    for (id, body) in [
        migrated("m1", "S-1", "https://new.yamada.example/", "2026-01-05T09:50:00Z"),
        migrated("m2", "S-2", "https://new.yamada.example", "2026-01-05T09:51:00Z"),
        migrated("m3", "S-3", "https://yamada.example/wall", "2026-01-05T09:52:00Z"),
        migrated("m4", "S-1", "https://old.yamada.example", "2026-01-05T09:40:00Z"),
    ] {
        send_until_decided(&world, &id, &body).await.ok();
    }
    let sites = world.get("/v1/organizations/{yamada}/sites").by("customer").send().await.ok();
    let urls: Vec<_> =
        sites["items"].as_array().unwrap().iter().map(|site| site["url"].as_str().unwrap()).collect();
    assert_eq!(urls, ["https://yamada.example/wall", "https://new.yamada.example"]);
    let first = get_as(&world, "customer", "{yamada}", world.id("subscription")).await;
    assert_eq!(
        (&first["site"]["url"], &first["setUpDue"]),
        (&json!("https://new.yamada.example"), &json!(false))
    );
    let mut told = events(&world, "{yamada}", "site.migrated").await;
    told.reverse();
    let firsts: Vec<_> =
        told.iter().map(|event| event["data"]["firstMigration"].as_bool().unwrap()).collect();
    assert_eq!(firsts, [true, false, false]);
    // Of two concurrent migrations, exactly one is the first.
    let lines = json!([one("H-1", json!({})), one("H-2", json!({}))]);
    order(&world, "SO-H", lines).await.ok();
    let (_, here) = migrated("", "H-1", "https://a.harbour.example", THEN);
    let (_, there) = migrated("", "H-2", "https://b.harbour.example", THEN);
    futures_util::future::join(
        send_until_decided(&world, "m7", &here),
        send_until_decided(&world, "m8", &there),
    )
    .await;
    let told = events(&world, "{harbour}", "site.migrated").await;
    assert_eq!(
        (told.len(), told.iter().filter(|event| event["data"]["firstMigration"] == true).count()),
        (2, 1)
    );
    let (_, unknown) = migrated("m5", "H-9", "https://x.example", THEN);
    assert_eq!(assert_rejected(&world, "m5", &unknown).await.code(), "unknown-subscription");
    let (_, bad) = migrated("m6", "S-1", "https://x.example/?a=b", THEN);
    assert_eq!(assert_rejected(&world, "m6", &bad).await.faults()[0].1, "invalid-site-url");
}

#[tokio::test(flavor = "multi_thread")]
async fn deactivated_subscription_cannot_be_reactivated() {
    let world = World::demo().await;
    let placed = json!([one("H-1", json!({"contacts": [{"email": "h@harbour.example", "name": "H"}]}))]);
    let id = created_ids(&order(&world, "SO-H", placed.clone()).await.ok())[0].clone();
    deactivate(&world, "operator", "{harbour}", &id).send().await.ok();
    let before = get_as(&world, "operator", "{harbour}", &id).await;
    let change = json!({"orderId": "SO-H", "sequence": 1, "lines": [one("H-1", json!({"quantity": 50}))]});
    let site = json!({"subscription": {"externalId": "H-1"}, "url": "https://x.example"});
    for (number, message) in [
        renewed("H-1", "2040-01-01T00:00:00Z", THEN),
        transferred("H-1", "ec-4712", THEN),
        used("H-1", 1, 3),
        message("site.migrated", THEN, site),
    ]
    .iter()
    .enumerate()
    {
        let answer = send_until_decided(&world, &format!("m{number}"), message).await.ok();
        assert_eq!(answer["outcome"], "ignored");
        assert!(answer["reason"].as_str().unwrap().contains("contact the vendor"), "{answer}");
    }
    for (id, kind, data) in
        [("m8", "order.changed", change), ("m9", "order.cancelled", json!({"orderId": "SO-H"}))]
    {
        let answer = send_message(&world, id, kind, "2026-01-05T10:00:00Z", data).await.ok();
        if kind == "order.changed" {
            assert_eq!(answer["outcome"], "ignored");
            assert!(answer["reason"].as_str().unwrap().contains("contact the vendor"), "{answer}");
        }
    }
    let told = vendor_events(&world, "order.change-ignored").await;
    assert_eq!((told.len(), &told[0]["data"]["sequence"]), (1, &json!(1)));
    let path = "/v1/partners/{partner}/history?type=order.changed";
    assert_eq!(world.get(path).by("partnerMember").send().await.ok()["items"], json!([]));
    order(&world, "SO-H", placed).await.ok();
    let ignored = events(&world, "{harbour}", "subscription.message-ignored").await;
    let types: Vec<_> = ignored.iter().map(|event| event["data"]["messageType"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "order.cancelled",
            "order.changed",
            "site.migrated",
            "subscription.usage",
            "subscription.transferred",
            "subscription.renewed"
        ]
    );
    // A new subscription can neither be linked to the deactivated one nor have its external id.
    let linked = json!({"orderId": "SO-H2", "storeAccount": "ec-4711", "lines": [one("H-2", json!({"linkedTo": [id]}))]});
    let reply = assert_rejected(&world, "m10", &message("order.placed", THEN, linked)).await;
    assert_eq!(reply.code(), "subscription-deactivated");
    let again = json!({"orderId": "SO-H3", "storeAccount": "ec-4711", "lines": [one("H-1", json!({}))]});
    let reply = assert_rejected(&world, "m11", &message("order.placed", THEN, again)).await;
    assert_eq!(reply.code(), "subscription-external-id-taken");
    let person =
        json!({"sub": "h", "email": "h@harbour.example", "role": "customer", "org": world.id("harbour")});
    let token = world.token_of(person);
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{id}/set-up");
    let set_up = world.post(&path).token(&token).json(json!({"site": {"organization": true}}));
    let reply = set_up.assert_rejected(409, "subscription-deactivated").await;
    assert!(reply.body["detail"].as_str().unwrap().contains("contact the vendor"));
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await, before);
    run_job_after_a_minute(&world).await;
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await, before);
}
