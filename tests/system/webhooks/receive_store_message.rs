//! `receive-store-message`

use api_runtime::table::{Lookup, PoolOfPartner};
use futures_util::future::join_all;
use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, Reply, World, strength};

use crate::subscriptions::{all, created_ids, line};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "type": "order.placed",
        "timestamp": "2026-01-05T09:59:58.000Z",
        "data": {
            "orderId": "SO-1001",
            "storeAccount": "ec-4711",
            "lines": [{"kind": "license", "sku": "edge-storage-1y", "quantity": 100}],
        },
    });
    Payload::of("receive-store-message", "/v1/webhooks/{source}").json(&body).signed("msg_SO-1001").publish();
}

/// Returns the call with a message, signed as by a real store: by the library of Standard Webhooks.
fn deliver<'a>(world: &'a World, id: &str, sent: i64, body: &[u8]) -> Call<'a> {
    let webhook = standardwebhooks::Webhook::new(world.id("secret")).unwrap();
    let signature = webhook.sign(id, sent, body).unwrap();
    signed_by(world, "{source}", id, sent, &signature, body)
}

fn signed_by<'a>(
    world: &'a World,
    source: &str,
    id: &str,
    sent: i64,
    signature: &str,
    body: &[u8],
) -> Call<'a> {
    world
        .post(&format!("/v1/webhooks/{source}"))
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", &sent.to_string())
        .header("webhook-signature", signature)
        .bytes(body)
}

fn placed(order: &str, account: &str, lines: Value) -> Value {
    json!({
        "type": "order.placed", "timestamp": "2026-01-05T09:59:59Z", "traceId": "unknown fields are ignored",
        "data": {"orderId": order, "storeAccount": account, "lines": lines, "currency": "JPY"},
    })
}

fn sold(sku: &str, quantity: u64) -> Value {
    json!({"kind": "license", "sku": sku, "quantity": quantity})
}

async fn send(world: &World, id: &str, body: &Value) -> Reply {
    deliver(world, id, world.seconds(), body.to_string().as_bytes()).send().await
}

async fn vendor_events(world: &World, kind: &str) -> Vec<Value> {
    let history = world.get(&format!("/v1/history?type={kind}")).by("operator").send().await.ok();
    history["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn order_credits_the_pools_of_the_linked_partner() {
    let world = World::demo().await;
    let lines = json!([sold("edge-storage-1y", 7), sold("edge-storage-5y", 1), sold("edge-storage-1y", 3)]);
    let reply = send(&world, "m1", &placed("SO-1", "ec-4711", lines)).await;
    assert_eq!((reply.status, reply.header("location")), (200, None));
    let line =
        |kind: &str, quantity: u64| json!({"licenseType": kind, "quantity": quantity, "credited": quantity});
    assert_eq!(reply.body["outcome"], "applied");
    assert_eq!(
        world.timeless(reply.body["order"].clone()),
        json!({
            "orderId": "SO-1", "sourceId": world.id("source"), "partnerId": world.id("partner"),
            "status": "applied", "sequence": 0, "version": 1,
            "lines": [line("edge-storage-1y", 10), line("edge-storage-5y", 1)],
        })
    );
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (110, 105, 5));
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-5y").await, (1, 1, 0));
    assert_eq!(world.pool("otherPartnerMember", "otherPartner", "edge-storage-1y").await, (10, 10, 0));
    let path = "/v1/partners/{partner}/history?type=license.credited&pageSize=2";
    let history = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(history["items"][0]["data"]["quantity"], 1, "one event per credited line, summed: {history}");
    assert_eq!(history["items"][1]["data"]["quantity"], 10);
    assert_eq!(history["items"][1]["actor"], json!({"type": "source", "id": world.id("source")}));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_repeats_of_a_message_or_order_take_effect_once() {
    let world = World::demo().await;
    let body = placed("SO-1", "ec-4711", json!([sold("edge-storage-1y", 10)])).to_string();
    world.chaos(5, 3);
    let calls = (0..64).map(|n| {
        let (world, body) = (&world, body.as_bytes());
        // Half of the calls repeat one message; the other half are different messages with the same order.
        let id = if n % 2 == 0 { "m1".to_owned() } else { format!("m{n}") };
        async move { deliver(world, &id, world.seconds() + n - 32, body).decided().await }
    });
    let replies = join_all(calls).await;
    world.chaos(0, 0);
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (200, &replies[0].body));
    }
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (110, 105, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn late_repeats_of_a_message_or_order_take_effect_once() {
    let world = World::demo().await;
    let placed = |order: &str, quantity: u64| {
        placed(order, "ec-4711", json!([sold("edge-storage-1y", quantity)])).to_string()
    };
    let (earlier, alone) = (placed("SO-1", 10), placed("SO-2", 1));
    let begin = deliver(&world, "m1", world.seconds(), earlier.as_bytes()).send().await.ok();
    let first = deliver(&world, "m100", world.seconds(), alone.as_bytes()).send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"P40D"}"#).send().await.ok();
    // A late repeat is recognized by the id of the order, or by the id of the message.
    for (id, body, expected) in [("m101", &earlier, &begin), ("m100", &alone, &first)] {
        let late = deliver(&world, id, world.seconds(), body.as_bytes()).send().await;
        assert_eq!((late.status, &late.body), (200, expected), "{id} {body}");
    }
    assert!(vendor_events(&world, "webhook.refused").await.is_empty(), "what took effect is not refused");
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (111, 106, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_or_untimely_signature_is_refused() {
    let world = World::demo().await;
    let now = world.seconds();
    let body = placed("SO-1", "ec-4711", json!([sold("edge-storage-1y", 10)])).to_string();
    let body = body.as_bytes();
    let webhook = standardwebhooks::Webhook::new(world.id("secret")).unwrap();
    let good = webhook.sign("m1", now, body).unwrap();
    let absent = world.id("source").replace("0001", "0009");
    for (source, id, sent, signature, why) in [
        ("{source}", "m1", now, "", "must have the headers"),
        ("{source}", "m1", now, "v1,", "of the form"),
        ("{source}", "m1", now, "v1,AAAA", "of the form"),
        ("{source}", "m2", now, good.as_str(), "no valid secret of a source with this id"),
        ("{source}", "m1", now + 1, good.as_str(), "no valid secret of a source with this id"),
        ("{source}", "", now, good.as_str(), "must have the headers"),
        (absent.as_str(), "m1", now, good.as_str(), "no valid secret of a source with this id"),
        (absent.as_str(), "", now, "", "must have the headers"),
        ("src_7", "m1", now, good.as_str(), "no valid secret of a source with this id"),
    ] {
        let call = signed_by(&world, source, id, sent, signature, body);
        let reply = call.assert_rejected(401, "invalid-signature").await;
        assert!(reply.body["detail"].as_str().unwrap().contains(why), "{}", reply.body);
        assert_eq!(reply.header("www-authenticate"), Some("StandardWebhooks"));
    }
    for offset in [-301, 301, i64::MIN / 2, i64::MAX / 2] {
        let sent = now + offset;
        let signature = webhook.sign("m1", sent, body).unwrap_or_else(|_| good.clone());
        let call = signed_by(&world, "{source}", "m1", sent, &signature, body);
        let reply = call.assert_rejected(401, "invalid-signature").await;
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(detail.contains("5 minutes off") || detail.contains("must be the Unix time"), "{detail}");
    }
    let unsigned = world.post("/v1/webhooks/{source}").bytes(body);
    unsigned.assert_rejected(401, "invalid-signature").await;
    world
        .post("/v1/webhooks/{source}")
        .by("operator")
        .bytes(body)
        .assert_rejected(401, "invalid-signature")
        .await;

    let several = format!("v1a,c2lnbmF0dXJl v1,{} {good}", "A".repeat(44));
    signed_by(&world, "{source}", "m1", now, &several, body).send().await.ok();
}

/// A message that can be refused without a secret costs no request to the table; any other costs a single read.
#[tokio::test(flavor = "multi_thread")]
async fn forged_message_is_refused_with_at_most_one_read() {
    let world = World::demo().await;
    let (now, body) = (world.seconds(), json!({"type": "x.y"}).to_string());
    let webhook = standardwebhooks::Webhook::new(world.id("secret")).unwrap();
    let good = webhook.sign("m1", now, body.as_bytes()).unwrap();
    let forged = format!("v1,{}=", "A".repeat(43));
    let before = world.contents().await;
    world.fault_proxy().take_costs();
    let requests = || world.fault_proxy().take_costs()["receive-store-message"].requests;
    let many = format!("{}{good}", format!("{forged} ").repeat(10));
    signed_by(&world, "{source}", "m1", now, &many, body.as_bytes())
        .assert_rejected(401, "invalid-signature")
        .await;
    assert_eq!(requests(), 0, "eleven signatures");
    signed_by(&world, "{source}", "m1", now - 301, &good, body.as_bytes())
        .assert_rejected(401, "invalid-signature")
        .await;
    assert_eq!(requests(), 0, "too old");
    let large = "x".repeat(256 * 1024 + 1);
    let signature = webhook.sign("m1", now, large.as_bytes()).unwrap();
    signed_by(&world, "{source}", "m1", now, &signature, large.as_bytes())
        .assert_rejected(413, "body-too-large")
        .await;
    assert_eq!(requests(), 0, "too large");
    signed_by(&world, "{source}", "m1", now, &forged, body.as_bytes())
        .assert_rejected(401, "invalid-signature")
        .await;
    assert_eq!(requests(), 1, "of the right form");
    world.assert_unchanged(&before).await;
    let ten = format!("{}{good}", format!("{forged} ").repeat(9));
    signed_by(&world, "{source}", "m1", now, &ten, body.as_bytes()).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn signature_is_verified_over_the_raw_bytes() {
    let world = World::demo().await;
    let secret = world.id("secret");
    let sign = |body: &[u8]| {
        let at = world.now();
        local_stack::demo::sign(secret, "m1", at, body).unwrap()
    };
    for (body, content_type, code) in [
        (&b"\xff\xfe\x00"[..], "application/octet-stream", "invalid-json"),
        (b"", "application/json", "empty-body"),
        (b"7", "application/json", "wrong-type"),
        (b"{}", "text/plain", "missing"),
        ("{\"type\": \"ü\u{0}\"".as_bytes(), "application/json", "invalid-json"),
    ] {
        let mut call = world.post("/v1/webhooks/{source}").header("content-type", content_type).bytes(body);
        for (name, value) in sign(body) {
            call = call.header(&name, &value);
        }
        let reply = call.send().await;
        assert_eq!((reply.status, reply.code()), (422, "invalid-message"), "{}", reply.body);
        assert_eq!(reply.faults()[0].1, code);
    }
    // The message is valid, of a content type that API Gateway passes on as base64.
    let body = placed("SO-1", "ec-4711", json!([sold("edge-storage-1y", 1)])).to_string();
    let mut call = world.post("/v1/webhooks/{source}").header("content-type", "application/webhook+json");
    for (name, value) in sign(body.as_bytes()) {
        call = call.header(&name, &value);
    }
    call.bytes(body.as_bytes()).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_queries_headers_fields_and_any_utc_offset_are_accepted() {
    let world = World::demo().await;
    let now = world.seconds();
    let mut body = placed("SO-1", "ec-4711", json!([sold("edge-storage-1y", 1)]));
    body["timestamp"] = "2026-01-05T18:59:59.123456+09:00".into();
    body["note"] = "x".repeat(200_000).into();
    let body = body.to_string();
    let webhook = standardwebhooks::Webhook::new(world.id("secret")).unwrap();
    let signature = webhook.sign("m1", now, body.as_bytes()).unwrap();
    let call = signed_by(&world, "{source}?shop=1&validateOnly=true", "m1", now, &signature, body.as_bytes());
    call.header("idempotency-key", "ключ").send().await.ok();
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (101, 96, 5));
    let twice = body.replacen('{', "{\"data\":{},", 1);
    let reply = deliver(&world, "m2", now, twice.as_bytes()).send().await;
    assert_eq!((reply.status, reply.faults()[0].1.as_str()), (422, "duplicate"), "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn message_without_an_effect_still_replays_its_first_answer() {
    let world = World::demo().await;
    let order = |id: &str| placed(id, "ec-4711", json!([sold("edge-storage-1y", 1)]));
    let first = send(&world, "e1", &order("E-1")).await.ok();
    for _ in 0..2 {
        assert_eq!(send(&world, "e2", &order("E-1")).await.ok(), first);
    }
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (101, 96, 5));
    assert!(vendor_events(&world, "webhook.refused").await.is_empty());

    // An operator whose subject equals the source's id has idempotency keys of its own.
    let namesake =
        world.token_of(json!({"sub": world.id("source"), "email": "n@vendor.example", "role": "operator"}));
    let create = world.post("/v1/partners").token(&namesake).key("e3").json(json!({"name": "Namesake"}));
    create.send().await.ok();
    send(&world, "e3", &order("E-3")).await.ok();
}

/// A second order is not lost silently because its store sends it under an id that another message has.
#[tokio::test(flavor = "multi_thread")]
async fn another_message_under_a_used_id_is_refused_and_recorded_once() {
    let world = World::demo().await;
    let order = |id: &str| placed(id, "ec-4711", json!([sold("edge-storage-1y", 1)]));
    let first = send(&world, "m1", &order("SO-1")).await.ok();
    send(&world, "m2", &json!({"type": "invoice.paid"})).await.ok();
    let before = world.contents().await;
    for _ in 0..2 {
        for other in [
            order("SO-2").to_string(),
            json!({"type": "other"}).to_string(),
            "{nope".to_owned(),
            order("SO-1").to_string().replacen('{', "{\"data\":{},", 1),
        ] {
            let reply = deliver(&world, "m1", world.seconds(), other.as_bytes()).send().await;
            assert_eq!((reply.status, reply.code()), (422, "webhook-id-reused"), "{other}");
            assert_eq!(reply.faults(), [("webhook-id".to_owned(), "webhook-id-reused".to_owned())]);
        }
    }
    let reply = send(&world, "m2", &order("SO-2")).await;
    assert_eq!((reply.status, reply.code()), (422, "webhook-id-reused"), "of an ignored message, too");
    let told = vendor_events(&world, "webhook.refused").await;
    let ids: Vec<_> = told.iter().map(|event| event["data"]["webhookId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["m2", "m1"]);
    assert_eq!(told[0]["data"]["errors"][0]["code"], "webhook-id-reused");
    let after = world.contents().await;
    assert!(before.iter().all(|(key, item)| after.get(key) == Some(item)), "something changed");
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (101, 96, 5));
    // The same message, written otherwise, gets its first answer; under an id of its own, the other order takes effect.
    let spaced = serde_json::to_string_pretty(&order("SO-1")).unwrap();
    let spaced = spaced.replace("\"quantity\": 1", "\"quantity\": 1.0");
    let again = deliver(&world, "m1", world.seconds(), spaced.as_bytes()).send().await;
    assert_eq!((again.status, &again.body), (200, &first));
    assert_eq!(send(&world, "m3", &order("SO-2")).await.ok()["outcome"], "applied");
    // Another source has ids of its own.
    let create = world.post("/v1/webhook-sources").by("operator").json(json!({"name": "Other"}));
    let other = create.send().await.ok();
    let webhook = standardwebhooks::Webhook::new(other["secret"].as_str().unwrap()).unwrap();
    let body = json!({"type": "invoice.paid"}).to_string();
    let signature = webhook.sign("m1", world.seconds(), body.as_bytes()).unwrap();
    let source = other["id"].as_str().unwrap();
    signed_by(&world, source, "m1", world.seconds(), &signature, body.as_bytes()).send().await.ok();
}

/// A refusal stores no answer, so a corrected message may be sent under the same id; from then on the id is used.
#[tokio::test(flavor = "multi_thread")]
async fn refused_message_may_be_corrected_under_its_id() {
    let world = World::demo().await;
    let order = |sku: &str| placed("SO-1", "ec-4711", json!([sold(sku, 1)]));
    assert_eq!(send(&world, "m1", &order("nope")).await.code(), "unknown-license-type");
    let corrected = send(&world, "m1", &order("edge-storage-1y")).await.ok();
    assert_eq!(corrected["outcome"], "applied");
    for _ in 0..2 {
        assert_eq!(send(&world, "m1", &order("nope")).await.code(), "webhook-id-reused");
        assert_eq!(send(&world, "m1", &order("edge-storage-1y")).await.ok(), corrected);
    }
    let told = vendor_events(&world, "webhook.refused").await;
    let codes: Vec<_> = told.iter().map(|event| &event["data"]["errors"][0]["code"]).collect();
    assert_eq!(codes, ["webhook-id-reused", "unknown-license-type"]);
}

/// Of two concurrent messages with the same id, one takes effect and the other is refused, however many transactions
/// each of them takes.
#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_messages_under_one_id_exactly_one_takes_effect() {
    for seed in strength::seeds(8, 200) {
        let world = World::demo().await;
        // The first order takes several transactions.
        let contact =
            |line: usize, n: usize| json!({"email": format!("c{line}-{n}@harbour.example"), "name": "C"});
        let lines = (0..20).map(|n| {
            let contacts: Vec<Value> = (0..5).map(|number| contact(n, number)).collect();
            line("subscription", "ER-1", "C-3", json!({"externalId": format!("L-{n}"), "contacts": contacts}))
        });
        let bodies = [
            placed("SO-1", "ec-4711", lines.collect()),
            placed("SO-2", "ec-4711", json!([sold("edge-storage-1y", 10)])),
        ];
        world.chaos(4, seed);
        let calls = (0..6).map(|n| {
            let (world, body) = (&world, bodies[n % 2].to_string());
            async move { deliver(world, "m1", world.seconds(), body.as_bytes()).decided().await }
        });
        let replies = join_all(calls).await;
        world.chaos(0, 0);
        let credited = world.pool("partnerMember", "partner", "edge-storage-1y").await.0 == 110;
        let created = all(&world, "{harbour}").await.len();
        assert_eq!(created, if credited { 0 } else { 20 }, "seed {seed}");
        for (n, reply) in replies.iter().enumerate() {
            let expected = if (n % 2 == 1) == credited { (200, "") } else { (422, "webhook-id-reused") };
            assert_eq!((reply.status, reply.code()), expected, "seed {seed}: {}", reply.body);
        }
        assert_eq!(vendor_events(&world, "webhook.refused").await.len(), 1, "seed {seed}");
    }
}

/// A message that was interrupted after its first transaction keeps its id: another message cannot take it, and a repeat
/// is answered.
#[tokio::test(flavor = "multi_thread")]
async fn interrupted_message_keeps_its_id() {
    let world = World::demo().await;
    let contact =
        |line: usize, n: usize| json!({"email": format!("c{line}-{n}@harbour.example"), "name": "C"});
    let lines = (0..20).map(|n| {
        let contacts: Vec<Value> = (0..5).map(|number| contact(n, number)).collect();
        line("subscription", "ER-1", "C-3", json!({"externalId": format!("L-{n}"), "contacts": contacts}))
    });
    let large = placed("SO-1", "ec-4711", lines.collect());
    world.fault_proxy().kill("receive-store-message", 0, Kill::After);
    assert_eq!(send(&world, "m1", &large).await.status, 500);
    world.fault_proxy().spare();
    let other = placed("SO-2", "ec-4711", json!([sold("edge-storage-1y", 10)]));
    assert_eq!(send(&world, "m1", &other).await.code(), "webhook-id-reused");
    let first = send(&world, "m1", &large).await.ok();
    assert_eq!((first["outcome"].as_str(), created_ids(&first).len()), (Some("applied"), 20));
    assert_eq!(send(&world, "m1", &large).await.ok(), first);
    assert_eq!(send(&world, "m1", &other).await.code(), "webhook-id-reused");
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (100, 95, 5));
}

/// An answer that was stored without a digest of its message, as earlier versions did, is replayed for any body.
#[tokio::test(flavor = "multi_thread")]
async fn answer_without_a_digest_is_replayed_for_any_body() {
    let world = World::demo().await;
    let order = |id: &str| placed(id, "ec-4711", json!([sold("edge-storage-1y", 1)]));
    let first = send(&world, "m1", &order("SO-1")).await.ok();
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let update =
        world.client.update_item().table_name(&world.table).update_expression("SET #request = :none");
    let update =
        update.key("pk", text(format!("MESSAGE#{}#m1", world.id("source")))).key("sk", text("-".to_owned()));
    update
        .expression_attribute_names("#request", "request")
        .expression_attribute_values(":none", text(String::new()))
        .send()
        .await
        .unwrap();
    assert_eq!(send(&world, "m1", &order("SO-2")).await.ok(), first);
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (101, 96, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_keys_are_refused_at_any_depth_and_size() {
    let world = World::demo().await;
    let now = world.seconds();
    let twice = r#"{"type":"x.y","type":"order.placed","data":{}}"#;
    let reply = deliver(&world, "m1", now, twice.as_bytes()).send().await;
    assert_eq!((reply.status, reply.faults()), (422, vec![("/type".to_owned(), "duplicate".to_owned())]));
    let (name, items) = ("k".repeat(60_000), vec!["1"; 60_000].join(","));
    let pairs = vec!["\"a\":1"; 60].join(",");
    let large = format!(r#"{{"type":"order.placed","{name}":[{items}],"{name}x":{{{pairs}}}}}"#);
    let begun = std::time::Instant::now();
    let reply = deliver(&world, "m2", now, large.as_bytes()).send().await;
    assert_eq!((reply.status, reply.code()), (422, "invalid-message"));
    assert!(begun.elapsed().as_secs() < 10, "not within a function's time: {:?}", begun.elapsed());
    assert_eq!(vendor_events(&world, "webhook.refused").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type_is_ignored_and_recorded_once() {
    let world = World::demo().await;
    for _ in 0..2 {
        let reply = send(&world, "m1", &json!({"type": "invoice.paid", "data": 7})).await;
        assert_eq!(
            (reply.status, reply.body),
            (200, json!({"outcome": "ignored", "messageType": "invoice.paid"}))
        );
    }
    let events = vendor_events(&world, "webhook.ignored").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["data"]["webhookId"], "m1");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_message_is_recorded_once_and_evaluated_again() {
    let world = World::demo().await;
    let unknown =
        placed("SO-1", "ec-9999", json!([sold("edge-storage-1y", 1), sold("nope", 1), sold("neither", 1)]));
    let pools = world.pool("partnerMember", "partner", "edge-storage-1y").await;
    for _ in 0..3 {
        let reply = send(&world, "m1", &unknown).await;
        assert_eq!(reply.status, 422);
        assert_eq!(
            reply.faults(),
            [
                ("/data/lines/1/sku".to_owned(), "unknown-license-type".to_owned()),
                ("/data/lines/2/sku".to_owned(), "unknown-license-type".to_owned()),
            ]
        );
    }
    let events = vendor_events(&world, "webhook.refused").await;
    assert_eq!(events.len(), 1, "recorded once");
    assert_eq!(events[0]["data"]["errors"].as_array().unwrap().len(), 2);
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, pools);

    for code in ["nope", "neither"] {
        let body = json!({"code": code, "name": code, "term": "P1Y"});
        world.post("/v1/license-types").by("operator").json(body).send().await.ok();
    }
    let body = json!({"sourceId": "{source}", "account": "ec-9999"});
    world.put("/v1/partners/{newPartner}/store").by("operator").json(body).send().await.ok();
    send(&world, "m1", &unknown).await.ok();
    send(&world, "m1", &unknown).await.ok();
    assert_eq!(vendor_events(&world, "webhook.refused").await.len(), 1);
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", "nope").await, (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_order_reports_every_fault() {
    let world = World::demo().await;
    let body = json!({
        "type": "order.placed", "timestamp": "yesterday",
        "data": {"orderId": "", "lines": [
            {"kind": "license", "sku": "X", "quantity": 0}, {"kind": "hardware", "sku": "edge-storage-1y", "quantity": 1},
            {"kind": "license", "sku": "edge-storage-1y", "quantity": 100_001}, 7,
        ]},
    });
    let reply = send(&world, "m1", &body).await;
    let faults = reply.faults();
    let faults: Vec<_> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!((reply.status, reply.code()), (422, "invalid-message"));
    assert_eq!(
        faults,
        [
            ("/data/lines/0/quantity", "out-of-range"),
            ("/data/lines/0/sku", "invalid-code"),
            ("/data/lines/1/kind", "unknown-value"),
            ("/data/lines/2/quantity", "out-of-range"),
            ("/data/lines/3", "wrong-type"),
            ("/data/orderId", "invalid-length"),
            ("/data/storeAccount", "missing"),
            ("/timestamp", "invalid-time"),
        ]
    );
    let types: Vec<_> = (0..31).map(|n| sold(&format!("type-{n}"), 1)).collect();
    for (data, at, code) in [
        (json!({"orderId": "o", "lines": [sold("edge-storage-1y", 1)]}), "/data/storeAccount", "missing"),
        (
            json!({"orderId": "o", "storeAccount": "a", "partnerId": world.id("partner"), "lines": [sold("aa", 1)]}),
            "/data",
            "ambiguous",
        ),
        (json!({"orderId": "o", "storeAccount": "a", "lines": []}), "/data/lines", "too-few"),
        (
            json!({"orderId": "o", "storeAccount": "a", "lines": vec![sold("aa", 1); 1001]}),
            "/data/lines",
            "too-many",
        ),
        (json!({"orderId": "o", "storeAccount": "a", "lines": types}), "/data/lines", "too-many"),
        (
            json!({"orderId": "o", "storeAccount": "a", "lines": [{"kind": "license", "sku": "aa", "quantity": 1e30}]}),
            "/data/lines/0/quantity",
            "wrong-type",
        ),
    ] {
        let body = json!({"type": "order.placed", "timestamp": "2026-01-05T09:59:59Z", "data": data});
        assert_eq!(send(&world, "m2", &body).await.faults(), [(at.to_owned(), code.to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_allowed_source_may_name_partners() {
    let world = World::demo().await;
    let now = world.seconds();
    let body = |order: &str, partner: &str| {
        json!({
            "type": "order.placed", "timestamp": "2026-01-05T09:59:59Z",
            "data": {"orderId": order, "partnerId": partner, "lines": [sold("edge-storage-1y", 10)]},
        })
    };
    let partner = world.id("newPartner");
    let refused = send(&world, "m1", &body("SO-1", partner)).await;
    assert_eq!((refused.status, refused.code()), (422, "partner-not-allowed"));

    let create = world.post("/v1/webhook-sources").by("operator");
    let trusted = create.json(json!({"name": "Own store", "mayNamePartners": true})).send().await.ok();
    let (source, secret) = (trusted["id"].as_str().unwrap(), trusted["secret"].as_str().unwrap());
    let webhook = standardwebhooks::Webhook::new(secret).unwrap();
    let send = async |id: &str, body: Value| {
        let body = body.to_string();
        let signature = webhook.sign(id, now, body.as_bytes()).unwrap();
        signed_by(&world, source, id, now, &signature, body.as_bytes()).send().await
    };
    send("m1", body("SO-1", partner)).await.ok();
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", "edge-storage-1y").await, (10, 10, 0));
    let unknown = send("m2", body("SO-2", &partner.replace("0003", "0009"))).await;
    assert_eq!((unknown.status, unknown.code()), (422, "unknown-partner"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pool_overflow_is_refused() {
    let world = World::demo().await;
    let pool = PoolOfPartner(world.id("partner").parse().unwrap(), "edge-storage-1y".parse().unwrap()).key();
    let (text, number) =
        (aws_sdk_dynamodb::types::AttributeValue::S, aws_sdk_dynamodb::types::AttributeValue::N);
    let nearly_full = world.client.update_item().table_name(&world.table);
    let nearly_full = nearly_full.key("pk", text(pool.pk)).key("sk", text(pool.sk));
    let nearly_full = nearly_full.update_expression("SET purchased = :n, available = :n, assigned = :z");
    let nearly_full = nearly_full.expression_attribute_values(":n", number("999999999990".to_owned()));
    nearly_full.expression_attribute_values(":z", number("0".to_owned())).send().await.unwrap();
    let order =
        |order: &str, quantity: u64| placed(order, "ec-4711", json!([sold("edge-storage-1y", quantity)]));
    let reply = send(&world, "m1", &order("SO-1", 11)).await;
    assert_eq!((reply.status, reply.code()), (422, "pool-overflow"));
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await.0, 999_999_999_990);
    send(&world, "m1", &order("SO-1", 10)).await.ok();
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await.0, 1_000_000_000_000);
    // The same order in another message is recognized, so the full pool does not matter.
    send(&world, "m3", &order("SO-1", 10)).await.ok();
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await.0, 1_000_000_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn order_of_30_license_types_is_accepted() {
    let world = World::demo().await;
    for n in 0..30 {
        let body = json!({"code": format!("type-{n:02}"), "name": "x", "term": "P1Y"});
        world.post("/v1/license-types").by("operator").json(body).send().await.ok();
    }
    let lines: Vec<_> = (0..30).map(|n| sold(&format!("type-{n:02}"), 100_000)).collect();
    send(&world, "m1", &placed("SO-1", "ec-4711", json!(lines))).await.ok();
    assert_eq!(world.pool("partnerMember", "partner", "type-29").await, (100_000, 100_000, 0));
}
