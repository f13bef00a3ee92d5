//! `run-due-work`

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use local_stack::fault_proxy::{InjectedFailure, Kill};
use serde_json::{Value, json};
use system::{Reply, World, strength};

use crate::orders::{
    TYPE, leave_order_to_job, link, parked, run_job_after_a_minute, send_until_decided, vendor_events,
};

async fn set_time(world: &World, time: &str) {
    let body = json!({"set": time}).to_string();
    world.post("/_local/time").bytes(body.as_bytes()).send().await.ok();
}

/// Runs the scheduled job, as Lambda would.
async fn run(world: &World) -> Reply {
    world.post("/_local/invoke/run-due-work").bytes(b"{}").send().await
}

/// Returns the time at which the demo world's first parked order lapses; the second one lapses a minute later.
async fn first_lapse_time(world: &World) -> Timestamp {
    let lapses_at = parked(world).await[0]["lapsesAt"].as_str().unwrap().to_owned();
    lapses_at.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_order_lapses_exactly_at_its_lapse_time() {
    let world = World::demo().await;
    run_job_after_a_minute(&world).await;
    let at = first_lapse_time(&world).await;
    set_time(&world, &Timestamp::from_unix_millis(at.unix_millis() - 1).to_string()).await;
    // The first run performs the access work that is due; the second shows that the order is not due yet.
    run(&world).await.ok();
    assert_eq!(run(&world).await.body, json!({"done": 0, "left": 0, "failed": 0}));
    assert_eq!(parked(&world).await.len(), 2);

    set_time(&world, &at.to_string()).await;
    assert_eq!(run(&world).await.body, json!({"done": 1, "left": 0, "failed": 0}));
    assert_eq!(parked(&world).await.len(), 1);
    let events = vendor_events(&world, "order.lapsed").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["actor"], &events[0]["data"]),
        (
            &json!({"type": "system", "id": "run-due-work"}),
            &json!({"sourceId": world.id("source"), "orderId": "SO-3000", "account": "ec-4713"})
        )
    );
    // The lapse is irreversible: neither another run, nor a link, nor another message applies the order.
    let contents = world.contents().await;
    run(&world).await.ok();
    world.assert_unchanged(&contents).await;
    link(&world, "{newPartner}", "ec-4713").await.ok();
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (0, 0, 0));
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": 1}]);
    let data = json!({"orderId": "SO-3000", "storeAccount": "ec-4713", "lines": lines});
    let body = json!({"type": "order.placed", "timestamp": world.now(), "data": data});
    let late = send_until_decided(&world, "late", &body).await;
    assert_eq!((late.status, &late.body["outcome"]), (200, &json!("lapsed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn order_past_its_lapse_time_is_not_applied_even_before_the_job_runs() {
    let world = World::demo().await;
    let at = first_lapse_time(&world).await;
    set_time(&world, &at.to_string()).await;
    assert_eq!(link(&world, "{newPartner}", "ec-4713").await.status, 201);
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (0, 0, 0));
    assert_eq!(vendor_events(&world, "order.lapsed").await[0]["data"]["orderId"], "SO-3000");
}

#[tokio::test(flavor = "multi_thread")]
async fn link_concurrent_with_the_lapse_never_applies_the_order() {
    for seed in strength::seeds(20, 500) {
        let world = World::demo().await;
        set_time(&world, &first_lapse_time(&world).await.to_string()).await;
        world.chaos(4, seed);
        let linking = async {
            while link(&world, "{newPartner}", "ec-4713").await.status == 503 {}
            json!(null)
        };
        let running = async { run(&world).await.body };
        match seed % 2 {
            0 => futures_util::future::join(linking, running).await,
            _ => futures_util::future::join(running, linking).await,
        };
        world.chaos(0, 0);
        run_job_after_a_minute(&world).await;
        // A link at exactly the lapse time is too late, whichever of the two calls comes first.
        assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (0, 0, 0));
        assert_eq!(vendor_events(&world, "order.lapsed").await.len(), 2);
        assert!(parked(&world).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn order_linked_before_its_lapse_time_is_applied_even_afterwards() {
    let world = World::demo().await;
    let at = first_lapse_time(&world).await;
    set_time(&world, &Timestamp::from_unix_millis(at.unix_millis() - 1).to_string()).await;
    world.fault_proxy().kill("link-store", 0, Kill::After);
    assert_eq!(link(&world, "{newPartner}", "ec-4713").await.status, 500);
    set_time(&world, &at.to_string()).await;
    run_job_after_a_minute(&world).await;
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (30, 30, 0));
    let lapsed = vendor_events(&world, "order.lapsed").await;
    assert_eq!((lapsed.len(), &lapsed[0]["data"]["orderId"]), (1, &json!("SO-3001")), "the other one");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_runs_lapse_each_order_once() {
    for seed in strength::seeds(10, 250) {
        let world = World::demo().await;
        world.post("/_local/time").bytes(br#"{"advance":"P1Y"}"#).send().await.ok();
        world.chaos(4, seed);
        futures_util::future::join_all((0..16).map(|_| run(&world))).await;
        world.chaos(0, 0);
        run(&world).await.ok();
        let lapsed = vendor_events(&world, "order.lapsed").await.into_iter();
        let lapsed: Vec<_> = lapsed.map(|event| event["data"]["orderId"].clone()).collect();
        assert_eq!(lapsed.len(), 2, "{lapsed:?}");
        assert_ne!(lapsed[0], lapsed[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn next_run_resumes_after_any_injected_failure() {
    for outage in InjectedFailure::ALL {
        let world = World::demo().await;
        leave_order_to_job(&world).await;
        world.fault_proxy().inject("TransactWriteItems", outage);
        run(&world).await;
        assert_eq!(world.fault_proxy().faults_left(), 0);
        run_job_after_a_minute(&world).await;
        assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (1, 1, 0), "{outage:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn run_killed_at_any_transaction_is_completed_by_the_next_run() {
    for others in 0..6 {
        for kill in [Kill::Before, Kill::After] {
            let world = World::demo().await;
            leave_order_to_job(&world).await;
            world.post("/_local/time").bytes(br#"{"advance":"P1Y"}"#).send().await.ok();
            // The run completes two releases of parked orders from the demo world and a third one with an
            // order, and lapses two orders.
            world.fault_proxy().kill("run-due-work", others, kill);
            assert_eq!(run(&world).await.body["errorMessage"], "the process was killed", "{others}");
            assert_eq!(run(&world).await.body["failed"], 0);
            assert_eq!(
                world.pool("newPartnerAdmin", "newPartner", TYPE).await,
                (1, 1, 0),
                "{others} {kill:?}"
            );
            assert_eq!(vendor_events(&world, "order.lapsed").await.len(), 2);
            assert_eq!(run(&world).await.body, json!({"done": 0, "left": 0, "failed": 0}));
        }
    }
}

/// Puts an item that cannot be read into a shard of the due index.
async fn put_unreadable_item(world: &World, shard: u8) {
    let text = |text: String| AttributeValue::S(text);
    let put = world.client.put_item().table_name(&world.table).item("pk", text(format!("RUBBISH#{shard}")));
    let put = put.item("sk", text("-".to_owned())).item("duePk", text(format!("DUE#{shard}")));
    put.item("dueSk", text("2026-01-01T00:00:00.000Z#".to_owned())).send().await.unwrap();
}

/// Returns the number of failed attempts of the item whose partition key begins with `pk`, or null.
async fn failures(world: &World, pk: &str) -> Value {
    let items = world.contents().await;
    let (_, item) = items.iter().find(|((key, _), _)| key.starts_with(pk)).unwrap();
    let failures = &serde_json::from_str::<Value>(item).unwrap()["dueFailures"]["N"];
    failures.as_str().map_or(Value::Null, |number| serde_json::from_str(number).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_entries_are_reported_and_do_not_block_the_others() {
    let world = World::demo().await;
    for shard in 0..4 {
        put_unreadable_item(&world, shard).await;
    }
    set_time(&world, &first_lapse_time(&world).await.to_string()).await;
    let told = run(&world).await;
    assert_eq!(told.header("x-amz-function-error"), Some("Unhandled"));
    let message: &Value = &told.body["errorMessage"];
    assert_eq!(message, "4 due items could not be processed; see the log");
    assert_eq!(vendor_events(&world, "order.lapsed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_entry_is_retried_with_backoff_and_reported_once() {
    let world = World::demo().await;
    put_unreadable_item(&world, 2).await;
    let begin = world.now().unix_millis();
    let (mut minute, mut tries) = (0, 0);
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512] {
        let told = run(&world).await;
        assert_eq!(told.header("x-amz-function-error"), Some("Unhandled"), "after {minute} minutes");
        tries += 1;
        assert_eq!(failures(&world, "RUBBISH").await, tries);
        let events = vendor_events(&world, "due-work.failed").await;
        assert_eq!(events.len(), usize::from(tries >= 3));
        minute += wait;
        // A millisecond before the end of its backoff, the entry is not retried.
        set_time(&world, &Timestamp::from_unix_millis(begin + minute * 60_000 - 1).to_string()).await;
        run(&world).await.ok();
        set_time(&world, &Timestamp::from_unix_millis(begin + minute * 60_000).to_string()).await;
    }
    let events = vendor_events(&world, "due-work.failed").await;
    let reason = "a due item is of an unknown entity";
    assert_eq!(
        (&events[0]["actor"]["id"], &events[0]["data"]),
        (
            &json!("run-due-work"),
            &json!({"entity": "unknown", "key": "RUBBISH#2 -", "attempts": 3, "reason": reason})
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_runs_count_a_failure_once() {
    for seed in strength::seeds(5, 125) {
        let world = World::demo().await;
        put_unreadable_item(&world, 1).await;
        world.chaos(4, seed);
        futures_util::future::join_all((0..8).map(|_| run(&world))).await;
        world.chaos(0, 0);
        run(&world).await;
        assert_eq!(failures(&world, "RUBBISH").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_record_is_due_again_with_its_failure_count_cleared() {
    let world = World::demo().await;
    let yamada = world.id("yamada");
    let access = async || {
        let items = world.contents().await;
        let (key, item) = items
            .into_iter()
            .find(|((pk, sk), _)| pk.ends_with(yamada) && sk.starts_with("ACCESS#"))
            .unwrap();
        (key, serde_json::from_str::<Value>(&item).unwrap())
    };
    let ((pk, sk), _) = access().await;
    let text = |text: String| AttributeValue::S(text);
    let update = world.client.update_item().table_name(&world.table).key("pk", text(pk)).key("sk", text(sk));
    let update = update.update_expression("SET dueFailures = :n, duePk = :p, dueSk = :s");
    let update = update.expression_attribute_values(":n", AttributeValue::N("5".to_owned()));
    let update = update.expression_attribute_values(":p", text("DUE#1".to_owned()));
    update.expression_attribute_values(":s", text("2999#".to_owned())).send().await.unwrap();
    let body =
        json!({"partnerId": "{partner}", "expiresAt": "2026-02-05T10:00:00Z", "organizationLevel": "look"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    let (_, item) = access().await;
    assert_eq!(item.get("dueFailures"), None);
    assert!(item["dueSk"]["S"].as_str().unwrap() < "2999", "{item}");
}
