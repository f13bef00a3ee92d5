//! Parked orders: orders for an account that is not linked to a partner yet.

use aws_sdk_dynamodb::types::AttributeValue;
use fastrand::Rng;
use futures_util::future::join_all;
use local_stack::fault_proxy::{InjectedFailure, Kill};
use serde_json::{Value, json};
use system::{Reply, World, strength};

use super::{
    TYPE, link, parked, placed, run_job_after_a_minute, send_order, send_until_decided, vendor_events,
};

/// Returns the license pool of the demo world's new partner.
async fn pool(world: &World) -> (u64, u64, u64) {
    world.pool("newPartnerAdmin", "newPartner", TYPE).await
}

/// Returns the ids of the orders that credited a partner's pools, oldest event first.
async fn credited_orders(world: &World, partner: &str) -> Vec<String> {
    let (mut orders, mut token) = (Vec::new(), String::new());
    loop {
        let path =
            format!("/v1/partners/{partner}/history?type=license.credited&order=asc&pageSize=100{token}");
        let page = world.get(&path).by("operator").send().await.ok();
        let order = |event: &Value| event["data"]["orderId"].as_str().unwrap().to_owned();
        orders.extend(page["items"].as_array().unwrap().iter().map(order));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return orders,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn order_for_an_unlinked_account_is_parked_and_applied_on_linking() {
    let world = World::demo().await;
    let taken = send_order(&world, "SO-1", "ec-9", 7).await;
    assert_eq!((taken.status, taken.header("location")), (202, Some("/v1/parked-orders")));
    let order = world.timeless(taken.body["order"].clone());
    let (id, lapses_at) = (order["id"].as_str().unwrap(), order["lapsesAt"].as_str().unwrap());
    assert!(id.starts_with("ord_") && lapses_at > "2026-07-04", "180 days from now: {lapses_at}");
    assert_eq!(
        order,
        json!({
            "id": id, "orderId": "SO-1", "sourceId": world.id("source"), "storeAccount": "ec-9",
            "lapsesAt": lapses_at, "status": "parked", "sequence": 0, "version": 1,
            "lines": [{"licenseType": TYPE, "quantity": 7, "credited": 0}],
        })
    );
    assert_eq!(taken.body["outcome"], "parked");
    let events = vendor_events(&world, "order.parked").await;
    assert_eq!(
        events[0]["data"],
        json!({"sourceId": world.id("source"), "orderId": "SO-1", "account": "ec-9"})
    );

    let linked = link(&world, "{newPartner}", "ec-9").await;
    assert_eq!(linked.status, 201);
    assert_eq!(pool(&world).await, (7, 7, 0), "before link-store answers");
    let path = "/v1/partners/{newPartner}/history?type=license.credited";
    let history = world.get(path).by("newPartnerAdmin").send().await.ok();
    assert_eq!(history["items"][0]["data"]["orderId"], "SO-1");
    assert_eq!(history["items"][0]["actor"]["id"], "olivia", "who linked it made it count");
    let waiting: Vec<_> = parked(&world).await.iter().map(|order| order["orderId"].clone()).collect();
    assert_eq!(waiting, ["SO-3000", "SO-3001"], "the demo world's own");

    // A repeated message replays its first answer; the same order in another message gets its current state.
    let contents = world.contents().await;
    let again = send_order(&world, "SO-1", "ec-9", 7).await;
    assert_eq!((again.status, again.body), (202, taken.body));
    world.assert_unchanged(&contents).await;
    let anew = send_until_decided(&world, "another", &placed("SO-1", "ec-9", 7)).await;
    assert_eq!((anew.status, &anew.body["outcome"]), (200, &json!("applied")));
    assert_eq!(pool(&world).await, (7, 7, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_order_remains_parked_and_invalid_order_is_refused() {
    let world = World::demo().await;
    let first = send_order(&world, "SO-1", "ec-9", 7).await;
    let again = send_until_decided(&world, "another", &placed("SO-1", "ec-9", 9)).await;
    assert_eq!((again.status, again.body), (202, first.body));
    let mut wrong = placed("SO-2", "ec-9", 1);
    wrong["data"]["lines"][0]["sku"] = "no-such-type".into();
    let wrong = send_until_decided(&world, "wrong", &wrong).await;
    assert_eq!((wrong.status, wrong.code()), (422, "unknown-license-type"));
    assert_eq!(parked(&world).await.len(), 3, "SO-1 and the demo world's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_applied_in_order_of_arrival() {
    let world = World::demo().await;
    let orders: Vec<String> = [5, 3, 8, 1].map(|number| format!("SO-{number}")).to_vec();
    for order in &orders {
        assert_eq!(send_order(&world, order, "ec-9", 1).await.status, 202);
    }
    send_order(&world, "SO-0", "ec-10", 50).await;
    link(&world, "{newPartner}", "ec-9").await.ok();
    assert_eq!(credited_orders(&world, "{newPartner}").await, orders);
    assert_eq!(pool(&world).await, (4, 4, 0), "another account's stays where it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_and_cancellations_while_parked_apply_on_linking() {
    let world = World::demo().await;
    let changed = |order: &str, sequence: u64, quantity: u64| {
        let lines = json!([{"kind": "license", "sku": TYPE, "quantity": quantity}]);
        let data = json!({"orderId": order, "sequence": sequence, "lines": lines});
        json!({"type": "order.changed", "timestamp": "2026-01-05T09:59:59Z", "data": data})
    };
    let cancelled = |order: &str| {
        let data = json!({"orderId": order});
        json!({"type": "order.cancelled", "timestamp": "2026-01-05T09:59:59Z", "data": data})
    };
    // SO-1 is changed before it arrives; SO-2 is changed afterwards, then by a stale change; SO-3 is cancelled.
    assert_eq!(
        send_until_decided(&world, "c1", &changed("SO-1", 2, 20)).await.body["outcome"],
        "awaiting-order"
    );
    for order in ["SO-1", "SO-2", "SO-3", "SO-4"] {
        assert_eq!(send_order(&world, order, "ec-9", 100).await.status, 202);
    }
    assert_eq!(send_until_decided(&world, "c2", &changed("SO-2", 3, 3)).await.status, 202);
    let old = send_until_decided(&world, "c3", &changed("SO-2", 2, 200)).await;
    assert_eq!((old.status, &old.body["outcome"]), (200, &json!("ignored")));
    let over = send_until_decided(&world, "c4", &cancelled("SO-3")).await;
    assert_eq!((over.status, &over.body["outcome"]), (200, &json!("cancelled")));
    assert_eq!(send_order(&world, "SO-3", "ec-9", 100).await.status, 202, "the first answer to that message");
    assert_eq!(
        send_until_decided(&world, "c5", &placed("SO-3", "ec-9", 1)).await.body["outcome"],
        "cancelled"
    );
    let waiting: Vec<_> = parked(&world).await.into_iter().map(|order| order["orderId"].clone()).collect();
    assert_eq!(waiting, ["SO-3000", "SO-3001", "SO-1", "SO-2", "SO-4"]);

    link(&world, "{newPartner}", "ec-9").await.ok();
    assert_eq!(pool(&world).await, (123, 123, 0));
    let mut credited = credited_orders(&world, "{newPartner}").await;
    credited.sort_unstable();
    assert_eq!(credited, ["SO-1", "SO-2", "SO-4"]);
    send_until_decided(&world, "c6", &cancelled("SO-4")).await.ok();
    assert_eq!(pool(&world).await, (23, 23, 0), "from then on it is an order like any other");
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_applies_90_orders_and_the_scheduled_job_the_rest() {
    let world = World::demo().await;
    let orders: Vec<String> = (0..200).map(|number| format!("SO-{number}")).collect();
    for order in &orders {
        assert_eq!(send_order(&world, order, "ec-9", 1).await.status, 202);
    }
    link(&world, "{newPartner}", "ec-9").await.ok();
    assert_eq!(pool(&world).await, (90, 90, 0));
    assert_eq!(send_order(&world, "SO-200", "ec-9", 1).await.status, 200, "what comes now need not wait");
    run_job_after_a_minute(&world).await;
    assert_eq!(pool(&world).await, (201, 201, 0));
    let mut applied = credited_orders(&world, "{newPartner}").await;
    applied.retain(|order| order != "SO-200");
    assert_eq!(applied, orders);
    let contents = world.contents().await;
    run_job_after_a_minute(&world).await;
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_only_link_applies_nothing() {
    let world = World::demo().await;
    send_order(&world, "SO-1", "ec-9", 1).await.ok();
    let before = world.contents().await;
    let call = world.put("/v1/partners/{newPartner}/store?validateOnly=true").by("operator");
    call.json(json!({"sourceId": "{source}", "account": "ec-9"})).send().await.ok();
    world.assert_unchanged(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_linking_resumes_by_repeat_or_by_scheduled_job() {
    for again in [true, false] {
        for others in 0..4 {
            for kill in [Kill::Before, Kill::After] {
                let world = World::demo().await;
                for order in ["SO-1", "SO-2", "SO-3"] {
                    send_order(&world, order, "ec-9", 2).await.ok();
                }
                world.fault_proxy().kill("link-store", others, kill);
                assert_eq!(link(&world, "{newPartner}", "ec-9").await.status, 500);
                let committed = others > 0 || kill == Kill::After;
                if again || !committed {
                    link(&world, "{newPartner}", "ec-9").await.ok();
                } else {
                    run_job_after_a_minute(&world).await;
                }
                assert_eq!(pool(&world).await, (6, 6, 0), "{others} {kill:?}");
                assert_eq!(credited_orders(&world, "{newPartner}").await, ["SO-1", "SO-2", "SO-3"]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_failures_after_linking_do_not_lose_the_order() {
    for (target, outage) in [
        ("Query", InjectedFailure::Throttled),
        ("BatchGetItem", InjectedFailure::Throttled),
        ("Query", InjectedFailure::TimeoutAfter),
        ("BatchGetItem", InjectedFailure::ResetBefore),
    ] {
        let world = World::demo().await;
        send_order(&world, "SO-1", "ec-9", 1).await.ok();
        // Five failures are more than the four attempts of the SDK.
        (0..5).for_each(|_| world.fault_proxy().inject(target, outage));
        let linked = link(&world, "{newPartner}", "ec-9").await;
        if outage == InjectedFailure::Throttled {
            assert_eq!((linked.status, linked.header("location").is_some()), (201, true), "{target}");
        } else {
            assert_eq!(linked.status, 503, "the link stands, and trying again is as good as waiting");
            link(&world, "{newPartner}", "ec-9").await.ok();
        }
        assert_eq!(pool(&world).await, (1, 1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn order_that_cannot_be_applied_does_not_block_the_others() {
    let world = World::demo().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for order in ["SO-1", "SO-2", "SO-3"] {
        send_order(&world, order, "ec-9", 1).await.ok();
    }
    let first = parked(&world).await[2]["id"].as_str().unwrap().to_owned();
    let mut overflowing = placed("SO-4", "ec-9", 1);
    overflowing["data"]["lines"][0]["sku"] = "edge-storage-5y".into();
    let overflowing = send_until_decided(&world, "large", &overflowing).await.ok()["order"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // SO-2 is damaged: it has lost its account. The pool that SO-4 credits has no room left.
    let broken = world.client.update_item().table_name(&world.table).update_expression("REMOVE storeAccount");
    let at = format!("ORDER#{}#SO-2", world.id("source"));
    broken.key("pk", text(&at)).key("sk", text("-")).send().await.unwrap();
    let most = AttributeValue::N(domain::Pool::MOST.to_string());
    let full = world.client.put_item().table_name(&world.table).item("sk", text("POOL#edge-storage-5y"));
    let full = full
        .item("pk", text(&format!("PARTNER#{}", world.id("newPartner"))))
        .item("entity", text("license-pool"));
    let full =
        full.item("partnerId", text(world.id("newPartner"))).item("licenseType", text("edge-storage-5y"));
    let none = AttributeValue::N("0".to_owned());
    full.item("purchased", most.clone()).item("available", most).item("assigned", none).send().await.unwrap();

    assert_eq!(link(&world, "{newPartner}", "ec-9").await.status, 201);
    assert_eq!(credited_orders(&world, "{newPartner}").await, ["SO-1", "SO-3"]);
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    let told = world.post("/_local/tick").send().await;
    assert_eq!(told.body["message"], "1 due items could not be processed; see the log");

    // The operator discards SO-4, for which its pool has no room. Once SO-2 is repaired, the scheduled job applies it.
    let discard = |id: &str| world.post(&format!("/v1/parked-orders/{id}/discard")).by("operator").send();
    assert_eq!(discard(&first).await.status, 409, "it was applied");
    discard(&overflowing).await.ok();
    let broken =
        world.client.update_item().table_name(&world.table).update_expression("SET storeAccount = :account");
    let broken = broken.key("pk", text(&at)).key("sk", text("-"));
    broken.expression_attribute_values(":account", text("ec-9")).send().await.unwrap();
    run_job_after_a_minute(&world).await;
    assert_eq!(credited_orders(&world, "{newPartner}").await, ["SO-1", "SO-3", "SO-2"]);
}

/// Plays a round in which orders arrive while their account is being linked, transactions fail, and processes
/// are killed at any of their writes.
async fn play_round(world: &World, random: &mut Rng, round: u64) {
    let body = json!({"name": format!("Partner {round}")});
    let partner = world.post("/v1/partners").by("operator").json(body).send().await.ok();
    let partner = partner["id"].as_str().unwrap().to_owned();
    let account = format!("account-{round}");
    let quantities: Vec<u64> = (0..random.u64(1..5)).map(|_| random.u64(1..100)).collect();
    let kill = |random: &mut Rng| if random.bool() { Kill::Before } else { Kill::After };
    world.fault_proxy().chaos(8, random.u64(..));
    if random.u32(0..4) > 0 {
        world.fault_proxy().kill("link-store", random.u32(0..3), kill(random));
    }
    if random.u32(0..4) == 0 {
        world.fault_proxy().kill("run-due-work", random.u32(0..2), kill(random));
    }
    if random.bool() {
        world.fault_proxy().kill("receive-store-message", random.u32(0..3), kill(random));
    }
    let (again, job_too) = (random.bool(), random.bool());
    let early = random.usize(0..=quantities.len());
    let orders = |from: usize, to: usize| {
        let some = quantities[from..to].iter().enumerate();
        let name = move |index: usize| format!("{round}-{}", from + index);
        let account = &account;
        join_all(some.map(move |(index, quantity)| async move {
            send_order(world, &name(index), account, *quantity).await
        }))
    };
    let linked = async {
        loop {
            let reply = link(world, &partner, &account).await;
            assert_ne!(reply.code(), "internal");
            // The caller retries after a failure. After a 500 the link may be committed, so unless `again` is
            // set the caller leaves the rest to the scheduled job.
            if reply.status < 500 || (!again && reply.status == 500) {
                return reply;
            }
        }
    };
    let mut taken = orders(0, early).await;
    let timer = async {
        if job_too {
            world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
            world.post("/_local/tick").send().await;
        }
    };
    let (more, linked, ()) =
        futures_util::future::join3(orders(early, quantities.len()), linked, timer).await;
    taken.extend(more);
    world.fault_proxy().chaos(0, 0);
    world.fault_proxy().spare();
    if linked.status >= 500 {
        // The process was killed before or after the link took effect; if before, the account is unlinked.
        run_job_after_a_minute(world).await;
        if world.get(&format!("/v1/partners/{partner}")).by("operator").send().await.ok()["store"].is_null() {
            link(world, &partner, &account).await.ok();
        }
    }
    let pools = world.get(&format!("/v1/partners/{partner}/license-pools")).by("operator").send().await.ok();
    let sum: u64 = quantities.iter().sum();
    assert_eq!(pools["available"], sum, "round {round}: {taken:#?}");
    let applied = credited_orders(world, &partner).await;
    let mut sorted = applied.clone();
    sorted.sort();
    let all: Vec<String> = (0..quantities.len()).map(|index| format!("{round}-{index}")).collect();
    assert_eq!(sorted, all, "round {round}: each once");
    // The parked orders were applied in order of arrival, which is the order of their ids.
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place_of = |reply: &Reply| (text(&reply.body["order"]["id"]), text(&reply.body["order"]["orderId"]));
    let mut queue: Vec<_> = taken.iter().filter(|reply| reply.status == 202).map(place_of).collect();
    queue.sort();
    let queue: Vec<String> = queue.into_iter().map(|(_, order)| order).collect();
    let applied: Vec<String> = applied.into_iter().filter(|order| queue.contains(order)).collect();
    assert_eq!(applied, queue, "round {round}");
}

#[tokio::test(flavor = "multi_thread")]
async fn order_arriving_during_linking_is_applied_exactly_once() {
    strength::side_by_side(650, 1000, async |seeds| {
        let world = World::demo().await;
        for seed in seeds {
            play_round(&world, &mut Rng::with_seed(seed), seed).await;
        }
        let waiting: Vec<_> =
            parked(&world).await.into_iter().map(|order| order["orderId"].clone()).collect();
        assert_eq!(waiting, ["SO-3000", "SO-3001"], "nothing is left behind");
    })
    .await;
}
