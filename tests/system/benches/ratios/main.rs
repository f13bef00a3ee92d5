//! Benchmarks as ratios: each compares two things that are measured side by side in one run.
//!
//! - copying the demo world, over creating it by its operations;
//! - `assign-license`, over its bare transaction;
//! - an import, over its bare writes;
//! - a history page of a long log, over one of a short log;
//! - searches of customers by name, over a plain page of them;
//! - a run of the scheduled job among many grants, over one among few;
//! - a dashboard of many service requests, over one of few;
//! - deactivating many subscriptions, over deactivating ten;
//! - refusing a forged message, over hashing its body once per secret;
//! - the start of a function, over that of an empty one.
//!
//! No ratio fails a build.

mod start;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use api_runtime::table::item::{Item, to_item};
use api_runtime::table::{self, Lookup, MonthlyCounts, PoolOfPartner};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use domain::dashboard::Counts;
use domain::event::LicenseAssigned;
use domain::service_request::Month;
use domain::{
    Access, Author, AuthorKind, Event, Grant, Ids, Level, Metadata, NewEvent, Period, ServiceRequest,
    ServiceRequestKind, ServiceRequestStatus, Timestamp,
};
use local_stack::fault_proxy::Cost;
use local_stack::store::TABLE;
use serde_json::json;
use system::stock::sheet;
use system::{World, canonical};

#[tokio::main]
async fn main() {
    // `cargo test --benches` needs to know only that this builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    // Arguments select benchmarks, as in `cargo bench -- import`.
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    if wanted("world") {
        world().await;
    }
    if wanted("assignment") {
        assignment().await;
    }
    if wanted("import") {
        import().await;
    }
    if wanted("history") {
        history().await;
    }
    if wanted("customers") {
        customers().await;
    }
    if wanted("due") {
        due().await;
    }
    if wanted("dashboard") {
        dashboard().await;
    }
    if wanted("deactivate") {
        deactivate().await;
    }
    if wanted("forgery") {
        start::forgery().await;
    }
    if wanted("start") {
        start::measure().await;
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(of: &str, over: &str, a: Duration, b: Duration) {
    println!("{of} over {over}: {:.2} ({a:.1?} over {b:.1?})", a.as_secs_f64() / b.as_secs_f64());
}

/// Measures copying the demo world, as each test does, over creating it by its operations.
async fn world() {
    const ROUNDS: usize = 50;
    let (mut copied, mut made) = (Vec::new(), Vec::new());
    World::demo().await;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let copy = World::demo().await;
        copied.push(begun.elapsed());
        drop(copy);
        let begun = Instant::now();
        let stack = local_stack::Stack::start(local_stack::Options::default()).await.unwrap();
        local_stack::demo::load(&stack.shared).await.unwrap();
        made.push(begun.elapsed());
    }
    ratio("a copy of the demo world", "making it", median(copied), median(made));
}

/// Measures a warm invocation of `assign-license`, from payload to response, over the same transaction sent
/// with the bare SDK client.
async fn assignment() {
    const ROUNDS: usize = 1000;
    let world = World::demo().await;
    let shared = &world.stack().shared;
    let call = canonical::one("assign-license");
    let order = canonical::one("receive-store-message");
    for _ in 0..5 {
        order.call(&world, "").send().await.ok();
    }
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let mut payload = call.payload.clone();
    payload["body"] = json!({
        "organizationId": world.id("yamada"),
        "lines": [{"licenseType": "camera-direct-1y", "quantity": 1}],
    })
    .to_string()
    .into();
    fill_pool(&world, "camera-direct-1y", 1_000_000).await;
    for round in 0..ROUNDS {
        payload["headers"]["idempotency-key"] = format!("bench-{round}").into();
        let begun = Instant::now();
        let answer = shared.gateway.invoke("assign-license", payload.clone()).await.unwrap().unwrap();
        ours.push(begun.elapsed());
        assert_eq!(answer["statusCode"], 201, "{answer}");

        let writes = same_transaction(&world, round);
        let begun = Instant::now();
        world.client.transact_write_items().set_transact_items(Some(writes)).send().await.unwrap();
        bare.push(begun.elapsed());
    }
    ratio("a warm assign-license", "its bare transaction", median(ours), median(bare));
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn key(key: &api_runtime::table::Key) -> Item {
    HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

async fn fill_pool(world: &World, license_type: &str, count: u64) {
    let pool = PoolOfPartner(world.id("partner").parse().unwrap(), license_type.parse().unwrap()).key();
    let number = AttributeValue::N(count.to_string());
    let update = world.client.update_item().table_name(TABLE).set_key(Some(key(&pool)));
    let update = update.update_expression("SET purchased = :n, available = :n");
    update.expression_attribute_values(":n", number).send().await.unwrap();
}

/// Returns the transaction that `assign-license` sends, built by hand.
fn same_transaction(world: &World, round: usize) -> Vec<TransactWriteItem> {
    let (partner, organization) = (world.id("partner"), world.id("yamada"));
    let put = |pairs: &[(&str, String)]| {
        let item = pairs.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
        let put = Put::builder().table_name(TABLE).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let time = "2026-01-05T10:00:00.000Z".to_owned();
    let assignment = format!("asg_019b8d72-f540-7000-9000-{round:012x}");
    let event = format!("evt_019b8d72-f540-7000-9000-{round:012x}");
    let check = ConditionCheck::builder().table_name(TABLE).condition_expression("attribute_exists(pk)");
    let check = check.set_key(Some(HashMap::from([
        ("pk".to_owned(), text(format!("PARTNER#{partner}"))),
        ("sk".to_owned(), text(format!("CUSTOMER#{organization}"))),
    ])));
    let one = AttributeValue::N("1".to_owned());
    let pool = PoolOfPartner(partner.parse().unwrap(), "camera-direct-1y".parse().unwrap()).key();
    let update = Update::builder().table_name(TABLE).set_key(Some(key(&pool)));
    let update = update
        .update_expression("SET available = available - :q, assigned = assigned + :q")
        .condition_expression("available >= :q")
        .expression_attribute_values(":q", one);
    vec![
        TransactWriteItem::builder().condition_check(check.build().unwrap()).build(),
        put(&[
            ("pk", format!("PARTNER#{partner}")),
            ("sk", format!("ASSIGNMENT#{assignment}")),
            ("keyPk", format!("ORG#{organization}")),
            ("keySk", format!("ASSIGNMENT#{assignment}")),
            ("id", assignment.clone()),
            ("partnerId", partner.to_owned()),
            ("organizationId", organization.to_owned()),
            ("createdAt", time.clone()),
            ("updatedAt", time.clone()),
        ]),
        TransactWriteItem::builder().update(update.build().unwrap()).build(),
        put(&[
            ("pk", format!("IDEMPOTENCY#bare#assign-license#{round}")),
            ("sk", "-".to_owned()),
            ("request", "x".repeat(43)),
            ("body", "x".repeat(313)),
            ("expiresAt", time.clone()),
        ]),
        put(&[
            ("pk", format!("LOG#{partner}")),
            ("sk", event.clone()),
            ("keyPk", format!("LOG#{organization}")),
            ("keySk", event.clone()),
            ("facetPk", format!("LOG#{partner}#camera-direct-1y")),
            ("facetSk", event.clone()),
            ("id", event),
            ("time", time),
            ("type", "license.assigned".to_owned()),
            ("partnerId", partner.to_owned()),
            ("organizationId", organization.to_owned()),
        ]),
    ]
}

/// Measures a history page of 25 in a log of 100,000 events, over one in a log of 100: time and read units.
async fn history() {
    let short = World::demo().await;
    let long = World::demo().await;
    add_events(&short, 100).await;
    add_events(&long, 100_000).await;
    let call = canonical::one("query-history-of-partner");
    let (mut times, mut units) = ([Vec::new(), Vec::new()], [0.0, 0.0]);
    for _ in 0..200 {
        for (index, world) in [&long, &short].into_iter().enumerate() {
            let begun = Instant::now();
            call.call(world, "").send().await.ok();
            times[index].push(begun.elapsed());
            units[index] = world.fault_proxy().take_costs()["query-history"].read_units;
        }
    }
    let [long, short] = times.map(median);
    ratio("a history page of 25 of 100,000 events", "one of 100", long, short);
    println!("their read units: {} and {}", units[0], units[1]);
}

async fn add_events(world: &World, count: u64) {
    let (partner, organization) = (world.id("partner").parse().unwrap(), world.id("yamada").parse().unwrap());
    let ids = Ids::counted_from(1_000_000);
    let begin: Timestamp = "2026-01-06T00:00:00Z".parse().unwrap();
    let event = |number: u64| {
        let time = Timestamp::from_unix_millis(begin.unix_millis() + number);
        let kind = LicenseAssigned {
            assignment_id: "asg_019b8d7f-c680-7000-8000-000000000001".parse().unwrap(),
            license_type: "edge-storage-1y".parse().unwrap(),
            quantity: 1,
        };
        let actor = Author { kind: AuthorKind::Partner, id: "ren".to_owned() };
        Event::new(ids.next(time), time, actor, NewEvent::of_both(kind, partner, organization))
    };
    world.put_all((0..count).map(|number| to_item(&event(number)).unwrap())).await;
}

/// Measures a run of the scheduled job in which ten grants have expired, among 100,000 grants over among 100.
async fn due() {
    const ROUNDS: u64 = 5;
    let (mut times, mut costs) = ([Vec::new(), Vec::new()], [Cost::default(), Cost::default()]);
    for (index, grants) in [100_000, 100].into_iter().enumerate() {
        let world = World::demo().await;
        let begin = world.now();
        let minutes = |number: u64| Timestamp::from_unix_millis(begin.unix_millis() + number * 60_000);
        let ids = Ids::counted_from(1_000_000);
        let access = |until: Timestamp| {
            let (organization, partner) = (ids.next(begin), world.id("partner").parse().unwrap());
            let mut access = Access::new(organization, partner, begin);
            access.grants.push(Grant {
                id: ids.next(begin),
                individual: None,
                level: Level::Look,
                created_at: begin,
                expires_at: until,
                origin: None,
                reminded: Some(1),
                auto_extend: false,
                first_expires_at: None,
                ended: None,
            });
            to_item(&access).unwrap()
        };
        let due = (0..ROUNDS).flat_map(|round| std::iter::repeat_n(minutes(round + 1), 10));
        let lasting = (ROUNDS * 10..grants).map(|number| minutes(1_000_000 + number));
        world.put_all(due.chain(lasting).map(access)).await;
        // This run performs the work that is due in the demo world itself.
        world.post("/_local/tick").send().await.ok();
        for round in 0..ROUNDS {
            let set = json!({"set": minutes(round + 1)}).to_string();
            world.post("/_local/time").bytes(set.as_bytes()).send().await.ok();
            world.fault_proxy().take_costs();
            let begun = Instant::now();
            let told = world.post("/_local/invoke/run-due-work").bytes(b"{}").send().await.ok();
            times[index].push(begun.elapsed());
            assert_eq!(told["done"], 10, "{told}");
            costs[index] = world.fault_proxy().take_costs()["run-due-work"].clone();
        }
    }
    let [many, few] = times.map(median);
    ratio("telling of ten grants that are over, of 100,000", "of 100", many, few);
    let [many, few] = costs.map(|cost| (cost.round_trips, cost.read_units, cost.write_units));
    println!("their round trips, read units and write units: {many:?} and {few:?}");
}

/// Measures deactivating 10, 100 and 1,000 subscriptions, each linked to the previous one, over the first.
async fn deactivate() {
    let mut ten = None;
    for number in [10, 100, 1_000] {
        let (mut times, mut cost) = (Vec::new(), Cost::default());
        for _ in 0..3 {
            let world = World::demo().await;
            let chain = world.chain(number).await;
            world.fault_proxy().take_costs();
            let path =
                format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate", chain[number / 2]);
            let begun = Instant::now();
            let done = world.post(&path).by("operator").key("bench").json(json!({})).send().await;
            times.push(begun.elapsed());
            assert_eq!((done.status, done.ok()["count"].as_u64()), (200, u64::try_from(number).ok()));
            cost = world.fault_proxy().take_costs()["deactivate-subscription"].clone();
        }
        let time = median(times);
        let ten = *ten.get_or_insert(time);
        ratio(&format!("deactivating one of {number} that are linked"), "of 10", time, ten);
        let Cost { round_trips, read_units, write_units, .. } = cost;
        println!(
            "its time, round trips, read units and write units: {time:?}, {round_trips}, {read_units}, {write_units}"
        );
    }
}

/// Measures the dashboard of an organization with 100,000 service requests over that of one with 100, and the
/// cost of opening one more service request in each.
async fn dashboard() {
    let (mut times, mut costs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for (index, number) in [100_000, 100].into_iter().enumerate() {
        let world = World::demo().await;
        let path = "/v1/organizations/{yamada}/service-requests";
        let shown = world.get(&format!("{path}/{{serviceRequest}}")).by("agent").send().await.ok();
        let like: ServiceRequest = serde_json::from_value(shown).unwrap();
        let (ids, now) = (Ids::counted_from(1_000_000), world.now());
        let organization = world.id("yamada").parse().unwrap();
        let mut counted: BTreeMap<Month, Counts> = BTreeMap::new();
        // The service requests are spread over all months, and differ in their times to answer and solution.
        let requests = (0..number).map(|one: u32| {
            let submitted = now.before(Period::minutes(one.wrapping_mul(7_919) % 500_000));
            let after = |minutes: u32| Some(submitted.after(Period::minutes(minutes)));
            let request = ServiceRequest {
                id: ids.next(submitted),
                kind: ServiceRequestKind::ALL[one as usize % 6],
                status: ServiceRequestStatus::ALL[one as usize % 4],
                answered_at: after(one.wrapping_mul(6_007) % 20_000),
                solved_at: after(one.wrapping_mul(4_001) % 90_000).filter(|_| one % 4 > 1),
                metadata: Metadata::new(submitted),
                ..like.clone()
            };
            let counts = counted.entry(Month::of(submitted)).or_default();
            for (name, more) in request.counted_since(None) {
                *counts.entry(name).or_default() += i64::from(more);
            }
            to_item(&request).unwrap()
        });
        let requests: Vec<_> = requests.collect();
        world.put_all(requests.into_iter()).await;
        let counts = counted.into_iter().map(|(month, counts)| {
            let at = table::monthly_counts_key(organization, &month);
            to_item(&MonthlyCounts { at, entity: "monthly-counts".to_owned(), counts }).unwrap()
        });
        world.put_all(counts).await;
        for _ in 0..20 {
            let begun = Instant::now();
            let shown = world.get("/v1/organizations/{yamada}/dashboard").by("agent").send().await.ok();
            times[index].push(begun.elapsed());
            assert!(shown["submitted"].as_u64().unwrap() >= u64::from(number) * 9 / 10, "{shown}");
        }
        let body = json!({"subject": "Cameras", "description": "One", "kind": "question"});
        world.post(path).by("customer").json(body).send().await.ok();
        let taken = world.fault_proxy().take_costs();
        costs[index] =
            ["get-support-dashboard", "open-service-request"].map(|name| taken[name].clone()).to_vec();
    }
    let [many, few] = times.map(median);
    ratio("a dashboard of 100,000 service requests", "one of 100", many, few);
    let [many, few] = costs.map(|costs| {
        costs.iter().map(|cost| (cost.round_trips, cost.read_units, cost.write_units)).collect::<Vec<_>>()
    });
    println!(
        "round trips, read units and write units of it and of one more service request: {many:?} and {few:?}"
    );
}

/// Measures searches by name, each over a plain page, in directories of 100, 10,000 and 100,000 customers.
async fn customers() {
    const SEARCHES: [(&str, &str); 9] = [
        ("a rare word", "fimbalkel"),
        ("two letters", "fi"),
        ("a frequent word", "logistics"),
        ("a frequent and a rare word", "logistics kelfimbal"),
        ("two frequent words", "hotel logistics"),
        ("a misspelled word of 5 letters", "clnic"),
        ("a misspelled rare word", "fimbelkil"),
        ("a misspelled rare and a frequent word", "kelfombal logistics"),
        ("kana", "カミ"),
    ];
    let names_of = SEARCHES.map(|(name, _)| name);
    println!("read units, round trips and requests of the first page by name: {names_of:?}");
    for count in [100, 10_000, 100_000] {
        let world = World::demo().await;
        world.stock_directory("partner", system::stock::names(count)).await;
        let (mut with, mut without, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        for (_, typed) in SEARCHES {
            let typed: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
            for (query, times) in [(format!("?name={typed}"), &mut with), (String::new(), &mut without)] {
                world.fault_proxy().take_costs();
                let path = format!("/v1/partners/{{partner}}/organizations{query}");
                let begun = Instant::now();
                world.get(&path).by("partnerMember").send().await.ok();
                times.push(begun.elapsed());
                let cost = world.fault_proxy().take_costs()["list-partner-organizations"].clone();
                if !query.is_empty() {
                    costs.push((cost.read_units, cost.round_trips, cost.requests));
                }
            }
        }
        ratio(
            &format!("a search by name in {count} customers"),
            "a plain page",
            median(with),
            median(without),
        );
        println!("{costs:?}");
    }
}

/// Measures an import of 10,000 rows, from payload to response, over the same conditional writes by the bare
/// SDK client with the same number of concurrent writes.
async fn import() {
    const ROWS: u64 = 10_000;
    const SIDE_BY_SIDE: usize = 32;
    let world = World::demo().await;
    let stock = world.stock(ROWS).await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let call = world.post("/v1/entitlement-details/import").by("operator");
        let call = call.header("content-type", "text/csv").bytes(sheet(ROWS, round).as_bytes());
        let begun = Instant::now();
        let report = call.send().await.ok();
        ours.push(begun.elapsed());
        assert_eq!(report["applied"], ROWS, "{report}");
        assert!(ours[0] < Duration::from_secs(20), "{ours:?}");

        let mut items = Vec::new();
        for batch in stock.chunks(100) {
            let keys = batch.iter().map(|one| key(&table::Entity::key(one))).collect();
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).build().unwrap();
            let found = world.client.batch_get_item().request_items(TABLE, keys).send().await.unwrap();
            items.extend(found.responses.unwrap().remove(TABLE).unwrap());
        }
        let begun = Instant::now();
        // The bare writes run in a task of their own and are metered, as a function's call is.
        let (fault_proxy, writes) =
            (world.fault_proxy().clone(), write_all(world.client.clone(), items, SIDE_BY_SIDE));
        tokio::spawn(async move { fault_proxy.metered("import-details", writes).await }).await.unwrap();
        bare.push(begun.elapsed());
    }
    let (ours, bare) = (median(ours), median(bare));
    let rows = |time: Duration| ROWS as f64 / time.as_secs_f64();
    println!(
        "an import's rows per second over those of its bare writes: {:.2} ({:.0} over {:.0}; {ROWS} rows in {ours:.1?})",
        rows(ours) / rows(bare),
        rows(ours),
        rows(bare),
    );
}

/// Puts each item again on the condition that its version is unchanged, `side_by_side` items at a time.
async fn write_all(client: aws_sdk_dynamodb::Client, items: Vec<Item>, side_by_side: usize) {
    let work = std::sync::Mutex::new(items.into_iter());
    let mut writers = Vec::new();
    for _ in 0..side_by_side {
        writers.push(async {
            loop {
                let Some(mut item) = work.lock().unwrap().next() else { break };
                let seen: u64 = item["version"].as_n().unwrap().parse().unwrap();
                item.insert("version".to_owned(), AttributeValue::N((seen + 1).to_string()));
                let put = client.put_item().table_name(TABLE).set_item(Some(item));
                let put = put.condition_expression("#v = :seen").expression_attribute_names("#v", "version");
                let seen = AttributeValue::N(seen.to_string());
                put.expression_attribute_values(":seen", seen).send().await.unwrap();
            }
        });
    }
    futures_util::future::join_all(writers).await;
}
