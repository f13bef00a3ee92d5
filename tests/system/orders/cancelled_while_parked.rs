//! Orders that are cancelled before their account is linked.

use serde_json::{Value, json};
use system::World;

use super::{link, parked, send_until_decided, vendor_events};
use crate::subscriptions::{all, events, line, message, send_message};

const PLACED: &str = "2026-01-05T09:00:00Z";
const CANCELLED: &str = "2026-01-05T09:30:00Z";

fn lines(quantity: u64) -> Value {
    let more = json!({"externalId": "H-1", "quantity": quantity});
    json!([line("subscription", "ER-1", "C-3", more), {"kind": "license", "sku": super::TYPE, "quantity": 7}])
}

fn placed() -> Value {
    message("order.placed", PLACED, json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines(5)}))
}

fn cancelled() -> Value {
    message("order.cancelled", CANCELLED, json!({"orderId": "SO-H"}))
}

async fn add_organization(world: &World) {
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
}

async fn orders_listed(world: &World) -> Vec<Value> {
    parked(world).await.into_iter().map(|order| order["orderId"].clone()).collect()
}

/// Whatever comes first, the order is cancelled: it is not listed, never lapses, and its subscriptions, which are created
/// as ended when the account is linked, can be renewed.
#[tokio::test(flavor = "multi_thread")]
async fn order_is_cancelled_at_once_and_its_subscriptions_can_be_renewed_later() {
    for cancelled_first in [false, true] {
        let world = World::demo().await;
        add_organization(&world).await;
        let messages = if cancelled_first { [cancelled(), placed()] } else { [placed(), cancelled()] };
        let first = send_until_decided(&world, "m0", &messages[0]).await.ok();
        assert_eq!(first["outcome"], if cancelled_first { "cancelled" } else { "parked" });
        let told = send_until_decided(&world, "m1", &messages[1]).await;
        assert_eq!((told.status, &told.body["outcome"]), (200, &json!("cancelled")));
        assert_eq!(told.body["order"]["status"], "cancelled");
        assert_eq!(orders_listed(&world).await, ["SO-3000", "SO-3001"], "the demo world's own");
        assert_eq!(vendor_events(&world, "order.cancelled").await.len(), 1);
        let ours = |event: &Value| event["data"]["orderId"] == "SO-H";
        let was_parked = vendor_events(&world, "order.parked").await.into_iter().filter(ours).count();
        assert_eq!(was_parked, usize::from(!cancelled_first));
        // A change of the order and a renewal of its subscription wait with it.
        let data = json!({"orderId": "SO-H", "sequence": 1, "lines": lines(6)});
        let changed = send_message(&world, "m2", "order.changed", PLACED, data).await;
        assert_eq!((changed.status, &changed.body["outcome"]), (200, &json!("cancelled")));
        let again = send_until_decided(&world, "m3", &placed()).await;
        assert_eq!((again.status, &again.body["outcome"]), (200, &json!("cancelled")));

        // It does not lapse, and is not told to, half a year later.
        world.post("/_local/time").bytes(br#"{"advance":"P181D"}"#).send().await.ok();
        world.post("/_local/tick").send().await.ok();
        assert!(!vendor_events(&world, "order.lapsed").await.iter().any(ours));
        let again = send_until_decided(&world, "m4", &placed()).await.ok();
        assert_eq!(again["outcome"], "cancelled");

        link(&world, "{newPartner}", "ec-9").await.ok();
        let there = all(&world, "{harbour}").await;
        let shown = (there.len(), &there[0]["status"], &there[0]["quantity"], &there[0]["partnerId"]);
        assert_eq!(shown, (1, &json!("inactive"), &json!(6), &json!(world.id("newPartner"))));
        assert_eq!(there[0]["cancelledAt"], "2026-01-05T09:30:00.000Z");
        assert_eq!(world.pool("newPartnerAdmin", "newPartner", super::TYPE).await, (0, 0, 0));
        assert_eq!(events(&world, "{harbour}", "subscription.cancelled").await.len(), 1);
        let data = json!({"subscription": {"externalId": "H-1"}, "endsAt": "2034-01-01T00:00:00Z"});
        let renewed =
            send_message(&world, "m5", "subscription.renewed", "2026-07-01T00:00:00Z", data).await.ok();
        assert_eq!(renewed["outcome"], "applied");
        let there = all(&world, "{harbour}").await;
        assert_eq!(
            (&there[0]["status"], &there[0]["endsAt"]),
            (&json!("pending-set-up"), &json!("2034-01-01T00:00:00.000Z"))
        );
    }
}

/// A renewal that is newer than the cancellation and arrives before the link takes effect with it.
#[tokio::test(flavor = "multi_thread")]
async fn renewal_before_the_link_takes_effect_with_it() {
    let world = World::demo().await;
    add_organization(&world).await;
    send_until_decided(&world, "m0", &placed()).await.ok();
    send_until_decided(&world, "m1", &cancelled()).await.ok();
    let data = json!({"subscription": {"externalId": "H-1"}, "endsAt": "2034-01-01T00:00:00Z"});
    let answer = send_message(&world, "m2", "subscription.renewed", "2026-01-05T09:40:00Z", data).await.ok();
    assert_eq!(answer["outcome"], "pending");
    link(&world, "{newPartner}", "ec-9").await.ok();
    let there = all(&world, "{harbour}").await;
    assert_eq!((there.len(), &there[0]["status"]), (1, &json!("pending-set-up")));
}

/// An order of licenses alone has nothing that could be renewed, so nothing waits for the link.
#[tokio::test(flavor = "multi_thread")]
async fn cancelled_order_of_licenses_leaves_the_queue() {
    let world = World::demo().await;
    let sold = json!([{"kind": "license", "sku": super::TYPE, "quantity": 7}]);
    let data = json!({"orderId": "SO-L", "storeAccount": "ec-9", "lines": sold});
    send_until_decided(&world, "m0", &message("order.placed", PLACED, data)).await.ok();
    let waiting = async || {
        let contents = world.contents().await;
        contents.keys().filter(|(pk, _)| pk.starts_with("PARKED#") && pk.ends_with("#ec-9")).count()
    };
    assert_eq!(waiting().await, 1);
    let body = message("order.cancelled", CANCELLED, json!({"orderId": "SO-L"}));
    assert_eq!(send_until_decided(&world, "m1", &body).await.ok()["outcome"], "cancelled");
    assert_eq!(waiting().await, 0);
}
