//! Links of ordered subscriptions to others, named by the store's own ids.

use serde_json::{Value, json};
use system::World;

use crate::orders::{link, run_job_after_a_minute, send_until_decided};
use crate::subscriptions::{all, created_ids, get_as, line, message, order, send_message};

const THEN: &str = "2026-01-05T09:30:00Z";

fn named(external: &str) -> Value {
    json!({"externalId": external})
}

/// Returns an order line for Harbour Hotels.
fn one(kind: &str, external: &str, more: Value) -> Value {
    let mut line = line(kind, "ER-1", "C-3", json!({"externalId": external}));
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_and_existing_subscriptions_are_linked_by_external_id() {
    let world = World::demo().await;
    let old = created_ids(&order(&world, "SO-1", json!([one("subscription", "H-0", json!({}))])).await.ok());
    let lines = json!([
        one("app", "H-3", json!({"parents": [named("H-2"), named("H-0")]})),
        one("subscription", "H-1", json!({"linkedTo": [named("H-0"), named("H-2")]})),
        {"kind": "license", "sku": "edge-storage-1y", "quantity": 1},
        one("subscription", "H-2", json!({"linkedTo": [json!({"id": old[0], "note": "unknown fields are ignored"})]})),
    ]);
    let answer = order(&world, "SO-2", lines).await.ok();
    let new = created_ids(&answer);
    let (app, first, second) = (&new[0], &new[1], &new[2]);
    let shown = async |id: &str| get_as(&world, "operator", "{harbour}", id).await;
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<_> = ids.iter().map(|id| json!(id)).collect();
        ids.sort_by_key(|id| id.to_string());
        Value::from(ids)
    };
    assert_eq!(shown(app).await["parents"], sorted(&[&old[0], second]));
    assert_eq!(shown(first).await["linked"], sorted(&[&old[0], second]));
    assert_eq!(shown(second).await["linked"], sorted(&[&old[0], first]));
    let base = shown(&old[0]).await;
    assert_eq!((&base["linked"], &base["apps"]), (&sorted(&[first, second]), &sorted(&[app])));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_or_foreign_external_ids_are_faults_of_their_lines() {
    let world = World::demo().await;
    order(&world, "SO-1", json!([one("subscription", "H-0", json!({}))])).await.ok();
    let before = all(&world, "{harbour}").await;
    // S-1 is Yamada's. H-9 was only reported, and its order has not arrived. A line is no other end of itself.
    let data = json!({"subscription": named("H-9"), "endsAt": "2032-01-01T00:00:00Z"});
    send_message(&world, "m0", "subscription.renewed", THEN, data).await.ok();
    let ends = json!([named("H-7"), named("S-1"), named("H-9"), named("H-1"), named("H-0")]);
    let lines = json!([one("subscription", "H-1", json!({"linkedTo": ends}))]);
    let data = json!({"orderId": "SO-2", "storeAccount": "ec-4711", "lines": lines});
    let reply = send_until_decided(&world, "m1", &message("order.placed", THEN, data)).await;
    let expected =
        [0, 1, 2, 3].map(|end| (format!("/data/lines/0/linkedTo/{end}"), "unknown-subscription".to_owned()));
    assert_eq!((reply.status, reply.faults()), (422, expected.to_vec()));
    // Malformed ends.
    let ends = json!([named(""), {}, {"id": "sub_1", "externalId": "H-0"}, {"id": "sub_1"}, true]);
    let lines = json!([one("subscription", "H-1", json!({"linkedTo": ends}))]);
    let data = json!({"orderId": "SO-2", "storeAccount": "ec-4711", "lines": lines});
    let reply = send_until_decided(&world, "m2", &message("order.placed", THEN, data)).await;
    let expected = [
        ("/data/lines/0/linkedTo/0/externalId", "invalid-length"),
        ("/data/lines/0/linkedTo/1/id", "missing"),
        ("/data/lines/0/linkedTo/2", "ambiguous"),
        ("/data/lines/0/linkedTo/3/id", "invalid-id"),
        ("/data/lines/0/linkedTo/4", "wrong-type"),
    ];
    let expected = expected.map(|(at, code)| (at.to_owned(), code.to_owned()));
    assert_eq!((reply.status, reply.faults()), (422, expected.to_vec()));
    assert_eq!(all(&world, "{harbour}").await, before);
    // Another source's ids are not known either.
    let body = json!({"name": "Other", "mayNamePartners": true});
    let source = world.post("/v1/webhook-sources").by("operator").json(body).send().await.ok();
    let lines = json!([one("subscription", "X-1", json!({"linkedTo": [named("H-0")]}))]);
    let body = message("order.placed", THEN, json!({"orderId": "SO-3", "lines": lines})).to_string();
    let secret = source["secret"].as_str().unwrap();
    let signed = local_stack::demo::sign(secret, "m3", world.now(), body.as_bytes()).unwrap();
    let call = world.post(&format!("/v1/webhooks/{}", source["id"].as_str().unwrap()));
    let call = signed.iter().fold(call, |call, (name, value)| call.header(name, value));
    let reply = call.bytes(body.as_bytes()).send().await;
    let expected = ("/data/lines/0/linkedTo/0".to_owned(), "unknown-subscription".to_owned());
    assert_eq!((reply.status, reply.faults()), (422, vec![expected]));
}

/// The external ids of a parked order are looked up when it takes effect: by then there may be a subscription that there
/// was not when the order arrived.
#[tokio::test(flavor = "multi_thread")]
async fn parked_order_is_linked_by_external_ids_when_it_takes_effect() {
    let world = World::demo().await;
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    let parked =
        |order: &str, lines: Value| json!({"orderId": order, "storeAccount": "ec-9", "lines": lines});
    let lines = json!([one("subscription", "H-0", json!({}))]);
    send_message(&world, "m0", "order.placed", THEN, parked("SO-0", lines)).await.ok();
    let lines = json!([
        one("subscription", "H-1", json!({"linkedTo": [named("H-0"), named("H-2")]})),
        one("subscription", "H-2", json!({})),
        one("subscription", "H-3", json!({"linkedTo": [named("H-8")]})),
    ]);
    assert_eq!(send_message(&world, "m1", "order.placed", THEN, parked("SO-1", lines)).await.status, 202);
    link(&world, "{newPartner}", "ec-9").await.ok();
    run_job_after_a_minute(&world).await;
    let there = all(&world, "{harbour}").await;
    let id_of = |external: &str| {
        let found = there.iter().find(|one| one["externalId"] == external);
        found.map(|one| (one["id"].clone(), one["linked"].as_array().unwrap().clone()))
    };
    let ((base, of_base), (first, of_first), (second, of_second)) =
        (id_of("H-0").unwrap(), id_of("H-1").unwrap(), id_of("H-2").unwrap());
    assert_eq!((of_base, of_second), (vec![first.clone()], vec![first]));
    assert!(of_first.len() == 2 && of_first.contains(&base) && of_first.contains(&second), "{of_first:?}");
    assert_eq!(id_of("H-3"), None);
    let path = "/v1/partners/{newPartner}/history?type=order.line-ignored";
    let told = world.get(path).by("newPartnerAdmin").send().await.ok();
    assert_eq!((told["items"].as_array().unwrap().len(), &told["items"][0]["data"]["line"]), (1, &json!(2)));
}
