//! Orders whose products get another code later.

use serde_json::{Value, json};
use system::World;

use crate::orders::{link, parked, send_until_decided, vendor_events};
use crate::subscriptions::{all, line, message, order, send_message};

const THEN: &str = "2026-01-05T09:30:00Z";

/// Returns an order line of a product for Harbour Hotels.
fn one(sku: &str, quantity: u64) -> Value {
    line("subscription", sku, "C-3", json!({"externalId": "H-1", "quantity": quantity}))
}

async fn set_code(world: &World, product: &str, code: Value) {
    let call = world.patch(&format!("/v1/products/{{{product}}}")).by("operator");
    call.json(json!({"code": code})).send().await.ok();
}

async fn change(world: &World, sequence: u64, line: Value) -> system::Reply {
    let data = json!({"orderId": "SO-H", "sequence": sequence, "lines": [line]});
    send_until_decided(world, &format!("c{sequence}"), &message("order.changed", THEN, data)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn later_change_under_the_new_code_is_of_the_same_product() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([one("ER-1", 5)])).await.ok();
    set_code(&world, "product", json!("ER-2026")).await;
    change(&world, 1, one("ER-2026", 6)).await.ok();
    assert_eq!(all(&world, "{harbour}").await[0]["quantity"], 6);
    // A store that has not renamed it yet still means the same product.
    change(&world, 2, one("ER-1", 7)).await.ok();
    assert_eq!(all(&world, "{harbour}").await[0]["quantity"], 7);
    // Another product that gets the old code is another product.
    set_code(&world, "videoWall", json!("ER-1")).await;
    let refused = change(&world, 3, one("ER-1", 8)).await;
    assert_eq!((refused.status, refused.code()), (422, "lines-differ"));
    assert_eq!(change(&world, 4, one("VW-1", 8)).await.code(), "lines-differ");
    change(&world, 5, one("ER-2026", 9)).await.ok();
    let there = all(&world, "{harbour}").await;
    assert_eq!((&there[0]["quantity"], &there[0]["sku"]), (&json!(9), &json!("ER-1")));
}

/// A code means the product that had it when the order arrived, not the one that has it when the account is linked.
#[tokio::test(flavor = "multi_thread")]
async fn parked_order_keeps_its_product() {
    let world = World::demo().await;
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": [one("ER-1", 5)]});
    assert_eq!(send_message(&world, "m0", "order.placed", THEN, data).await.status, 202);
    assert_eq!(parked(&world).await[2]["subscriptions"][0]["productId"], world.id("product"));
    set_code(&world, "product", json!("ER-2026")).await;
    set_code(&world, "videoWall", json!("ER-1")).await;
    assert_eq!(change(&world, 1, one("ER-1", 6)).await.code(), "lines-differ");
    assert_eq!(change(&world, 2, one("ER-2026", 7)).await.status, 202);
    link(&world, "{newPartner}", "ec-9").await.ok();
    let there = all(&world, "{harbour}").await;
    let told = (&there[0]["productId"], &there[0]["sku"], &there[0]["quantity"]);
    assert_eq!(told, (&json!(world.id("product")), &json!("ER-2026"), &json!(7)));
    change(&world, 3, one("ER-2026", 8)).await.ok();
    assert_eq!(all(&world, "{harbour}").await[0]["quantity"], 8);
}

/// A change that arrives before its order names its products by the codes of that time.
#[tokio::test(flavor = "multi_thread")]
async fn early_change_is_matched_by_product() {
    let world = World::demo().await;
    assert_eq!(change(&world, 1, one("ER-1", 6)).await.ok()["outcome"], "awaiting-order");
    set_code(&world, "product", json!("ER-2026")).await;
    set_code(&world, "videoWall", json!("ER-1")).await;
    let refused = change(&world, 2, one("ER-1", 7)).await;
    assert_eq!((refused.status, refused.code()), (422, "lines-differ"));
    assert_eq!(change(&world, 3, one("ER-2026", 8)).await.ok()["outcome"], "awaiting-order");
    order(&world, "SO-H", json!([one("ER-2026", 5)])).await.ok();
    let there = all(&world, "{harbour}").await;
    assert_eq!((&there[0]["quantity"], &there[0]["productId"]), (&json!(8), &json!(world.id("product"))));
    assert_eq!(vendor_events(&world, "order.change-ignored").await, Vec::<Value>::new());
}

/// An order under a code that another product has by now is of that product, and an early change of the other is ignored.
#[tokio::test(flavor = "multi_thread")]
async fn early_change_of_the_product_that_had_the_code_is_ignored() {
    let world = World::demo().await;
    change(&world, 1, one("ER-1", 6)).await.ok();
    set_code(&world, "product", Value::Null).await;
    set_code(&world, "videoWall", json!("ER-1")).await;
    order(&world, "SO-H", json!([one("ER-1", 5)])).await.ok();
    let there = all(&world, "{harbour}").await;
    assert_eq!((&there[0]["quantity"], &there[0]["productId"]), (&json!(5), &json!(world.id("videoWall"))));
    assert_eq!(vendor_events(&world, "order.change-ignored").await.len(), 1);
}
