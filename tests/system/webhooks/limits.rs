//! Limits of the numbers and texts in messages: those of the API's description, those in the texts of errors, and those
//! that are accepted are the same.

use serde_json::{Value, json};
use system::World;

use crate::orders::send_until_decided;
use crate::subscriptions::{line, message, order};

const THEN: &str = "2026-01-05T09:30:00Z";

/// Returns each kind of message with the name of its schema.
fn messages() -> Vec<(&'static str, Value)> {
    let licenses = json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": 1}]);
    let contact = json!({"email": "h@harbour.example", "name": "H"});
    let more = json!({"externalId": "N-1", "plan": "Basic", "contacts": [contact]});
    let sold = json!([line("subscription", "ER-1", "C-3", more)]);
    let of_h = |more: Value| {
        let mut data = json!({"subscription": {"externalId": "H-1"}});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    let all = [
        ("order.placed", json!({"orderId": "SO-1", "storeAccount": "ec-4711", "lines": licenses})),
        ("order.placed", json!({"orderId": "SO-2", "storeAccount": "ec-4711", "lines": sold})),
        ("order.changed", json!({"orderId": "SO-L", "sequence": 1, "lines": licenses})),
        ("order.cancelled", json!({"orderId": "SO-9"})),
        ("subscription.renewed", of_h(json!({"endsAt": "2032-01-01T00:00:00Z"}))),
        ("subscription.transferred", of_h(json!({"storeAccount": "ec-4712"}))),
        ("subscription.usage", of_h(json!({"activeUsers": 1, "sequence": 1}))),
        ("site.migrated", of_h(json!({"url": "https://x.example", "name": "New"}))),
    ];
    all.map(|(kind, data)| (kind, message(kind, THEN, data))).to_vec()
}

/// Follows `$ref`s, and returns the alternatives of a schema.
fn alternatives<'a>(description: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(at) = schema["$ref"].as_str() {
        return alternatives(description, description.pointer(at.trim_start_matches('#')).unwrap());
    }
    let more = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    let more: Vec<_> = more.flat_map(|one| alternatives(description, one)).collect();
    if more.is_empty() { vec![schema] } else { more }
}

/// Returns the pointers to all numbers and texts of a message with the schemas that describe them.
fn leaves<'a>(
    description: &'a Value,
    schemas: &[&'a Value],
    sent: &Value,
    at: &str,
    found: &mut Vec<(String, Vec<&'a Value>)>,
) {
    match sent {
        Value::Object(fields) => {
            // Lines of licenses and of subscriptions have fields of the same names.
            let is_of_kind =
                |schema: &&&'a Value| match (schema["properties"].get("kind"), fields.get("kind")) {
                    (Some(known), Some(kind)) => alternatives(description, known).iter().any(|known| {
                        known["const"] == *kind
                            || known["enum"].as_array().is_some_and(|known| known.contains(kind))
                    }),
                    _ => true,
                };
            let schemas: Vec<_> = schemas.iter().filter(is_of_kind).copied().collect();
            let below = |name: &str| -> Vec<&'a Value> {
                let of = |schema: &&'a Value| schema["properties"].get(name);
                schemas.iter().filter_map(of).flat_map(|schema| alternatives(description, schema)).collect()
            };
            for (name, value) in fields {
                leaves(description, &below(name), value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            let of = |schema: &&'a Value| schema.get("items");
            let schemas: Vec<_> =
                schemas.iter().filter_map(of).flat_map(|schema| alternatives(description, schema)).collect();
            for (index, item) in items.iter().enumerate() {
                leaves(description, &schemas, item, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push((at.to_owned(), schemas.to_vec())),
    }
}

/// Returns the fault of a message at a place with its text, if the message has one there.
async fn fault(world: &World, id: &str, body: &Value, at: &str) -> Option<(String, String)> {
    let reply = send_until_decided(world, id, body).await;
    let errors = reply.body["errors"].as_array().cloned().unwrap_or_default();
    let error = errors.into_iter().find(|error| error["pointer"] == at)?;
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    Some((text("code"), text("detail")))
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_numbers_and_texts_are_those_that_errors_name() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}))]))
        .await
        .ok();
    let description = world.get("/v1/openapi.json").send().await.ok();
    let place = "/paths/~1v1~1webhooks~1{sourceId}/post/requestBody/content/application~1json/schema";
    let schemas = alternatives(&description, description.pointer(place).unwrap());
    let (mut numbers, mut texts, mut sends) = (Vec::new(), Vec::new(), 0);
    for (kind, body) in messages() {
        let of_kind: Vec<_> =
            schemas.iter().copied().filter(|schema| schema["properties"]["type"]["const"] == kind).collect();
        assert_eq!(of_kind.len(), 1, "{kind}");
        let mut found = Vec::new();
        leaves(&description, &of_kind, &body, "", &mut found);
        for (at, schemas) in found {
            let with = |value: Value| {
                let mut body = body.clone();
                *body.pointer_mut(&at).unwrap() = value;
                body
            };
            let limit = |name: &str| schemas.iter().find_map(|schema| schema[name].as_u64());
            sends += 1;
            if body.pointer(&at).unwrap().is_number() {
                let (least, most) = (limit("minimum").unwrap(), limit("maximum").unwrap());
                let told = format!("must be {least} to {most}, but is ");
                for (step, value) in
                    [json!(-1), json!(i128::from(least) - 1), json!(most + 1)].into_iter().enumerate()
                {
                    let (code, detail) =
                        fault(&world, &format!("n{sends}-{step}"), &with(value.clone()), &at).await.unwrap();
                    assert_eq!(
                        (code.as_str(), detail),
                        ("out-of-range", format!("{told}{value}")),
                        "{kind} {at}"
                    );
                }
                for (step, value) in [least, most].into_iter().enumerate() {
                    let fault = fault(&world, &format!("g{sends}-{step}"), &with(json!(value)), &at).await;
                    assert_eq!(fault, None, "{kind} {at} {value}");
                }
                numbers.push(at);
            } else if let Some(most) = limit("maxLength").filter(|_| limit("minLength") == Some(1)) {
                let told = |length: u64| format!("has {length} characters; 1 to {most} are taken");
                for length in [0, most + 1] {
                    let text = "x".repeat(usize::try_from(length).unwrap());
                    let (code, detail) =
                        fault(&world, &format!("t{sends}-{length}"), &with(json!(text)), &at).await.unwrap();
                    assert_eq!((code.as_str(), detail), ("invalid-length", told(length)), "{kind} {at}");
                }
                let longest = "x".repeat(usize::try_from(most).unwrap());
                let fault = fault(&world, &format!("l{sends}"), &with(json!(longest)), &at).await;
                assert!(
                    fault.as_ref().is_none_or(|(code, _)| code != "invalid-length"),
                    "{kind} {at} {fault:?}"
                );
                texts.push(at);
            }
        }
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers, ["/data/activeUsers", "/data/lines/0/quantity", "/data/sequence"]);
    for at in [
        "/data/orderId",
        "/data/storeAccount",
        "/data/name",
        "/data/subscription/externalId",
        "/data/lines/0/sku",
        "/data/lines/0/plan",
        "/data/lines/0/externalId",
        "/data/lines/0/organization/externalId",
        "/data/lines/0/contacts/0/name",
    ] {
        assert!(texts.iter().any(|known| known == at), "{at} is not among {texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn negative_number_of_users_is_told_that_0_is_taken() {
    let world = World::demo().await;
    let used = |users: i64| {
        let data = json!({"subscription": {"externalId": "S-1"}, "sequence": 1, "activeUsers": users});
        message("subscription.usage", THEN, data)
    };
    let told = fault(&world, "m1", &used(-1), "/data/activeUsers").await.unwrap();
    assert_eq!(told.1, "must be 0 to 9007199254740991, but is -1");
    assert_eq!(fault(&world, "m2", &used(0), "/data/activeUsers").await, None);
}
