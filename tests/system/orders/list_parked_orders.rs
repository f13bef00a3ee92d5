//! `list-parked-orders`

use serde_json::Value;
use system::World;
use system::payload::Payload;

use super::send_order;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-parked-orders", "/v1/parked-orders").by("operator").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_sees_orders_paged_in_order_of_arrival() {
    let world = World::demo().await;
    for order in ["SO-3", "SO-1", "SO-2"] {
        send_order(&world, order, &format!("account-of-{order}"), 1).await.ok();
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/parked-orders?pageSize=1{token}");
        let page = world.get(&path).by("operator").send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        seen.extend(items.map(|order| order["orderId"].as_str().unwrap().to_owned()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["SO-3000", "SO-3001", "SO-3", "SO-1", "SO-2"]);
    let page = world.get("/v1/parked-orders").by("operator").send().await.ok();
    let order: &Value = &page["items"][1];
    assert_eq!(
        (&order["id"], &order["status"], &order["storeAccount"]),
        (&world.id("parkedOrder").into(), &"parked".into(), &"ec-4714".into())
    );
}
