//! The license system, checked against a small independent model: random sequences of actions by stores and
//! partners, some concurrent, some repeated, while transactions fail.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::Instant;

use fastrand::Rng;
use futures_util::future::join_all;
use local_stack::fault_proxy::{InjectedFailure, Kill};
use serde_json::{Value, json};
use system::{Reply, World, strength};

const TYPES: [&str; 2] = ["edge-storage-1y", "camera-direct-5y"];

/// Number of licenses of each type.
type Counts = [u64; TYPES.len()];

/// Action of an operator, a store or a partner.
#[derive(Debug, Clone)]
enum Step {
    /// The operator links the partner's account at the store.
    Link,
    /// The store sends an order.
    Place { order: usize, counts: Counts },
    /// The store sends a change of an order.
    Change { order: usize, sequence: u64, counts: Counts },
    /// The store cancels an order.
    Cancel { order: usize },
    /// The operator discards a parked order.
    Discard { order: usize },
    /// The partner assigns licenses.
    Assign { counts: Counts },
    /// The operator sets the threshold of a pool; 0 removes it.
    Threshold { kind: usize, threshold: u64 },
}

/// Result of a step: the order's state, or the code of a refusal; empty if a step without an order succeeds.
type Outcome = &'static str;

/// State of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum OrderState {
    Awaited,
    Parked,
    Applied,
    Cancelled,
    Discarded,
}

impl OrderState {
    fn outcome(self) -> Outcome {
        match self {
            Self::Awaited => "awaiting-order",
            Self::Parked => "parked",
            Self::Applied => "applied",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    stand: OrderState,
    sequence: u64,
    ordered: Counts,
    given: Counts,
}

impl Order {
    fn new(stand: OrderState, ordered: Counts) -> Self {
        Self { stand, sequence: 0, ordered, given: [0; TYPES.len()] }
    }
}

/// Expected state of the system.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Model {
    linked: bool,
    /// Whether licenses of a type were ever credited, so that there is a pool.
    known: [bool; TYPES.len()],
    available: Counts,
    assigned: Counts,
    /// Threshold of each pool; 0 if it has none.
    thresholds: Counts,
    /// Number of times that a pool became low.
    lows: Counts,
    orders: BTreeMap<usize, Order>,
}

impl Model {
    fn take(&mut self, step: &Step) -> Outcome {
        match *step {
            Step::Link => {
                self.linked = true;
                let parked: Vec<usize> = self
                    .orders
                    .iter()
                    .filter(|(_, order)| order.stand == OrderState::Parked)
                    .map(|(which, _)| *which)
                    .collect();
                parked.into_iter().for_each(|order| self.apply(order));
                ""
            }
            Step::Place { order, counts } => {
                let known = self.orders.entry(order).or_insert(Order::new(OrderState::Awaited, counts));
                if known.stand == OrderState::Awaited {
                    known.stand = OrderState::Parked;
                    if self.linked {
                        self.apply(order);
                    }
                }
                self.orders[&order].stand.outcome()
            }
            Step::Change { order, sequence, counts } => {
                let is_new = !self.orders.contains_key(&order);
                let known = self.orders.entry(order).or_insert(Order::new(OrderState::Awaited, counts));
                if known.stand == OrderState::Discarded {
                    return OrderState::Discarded.outcome();
                }
                if known.stand == OrderState::Cancelled || known.sequence >= sequence {
                    return "ignored";
                }
                let before = std::mem::replace(&mut known.ordered, counts);
                known.sequence = sequence;
                if before == counts && !is_new {
                    return "ignored";
                }
                if known.stand == OrderState::Applied {
                    self.settle(order, before);
                }
                self.orders[&order].stand.outcome()
            }
            Step::Cancel { order } => {
                let known =
                    self.orders.entry(order).or_insert(Order::new(OrderState::Awaited, [0; TYPES.len()]));
                let was = known.stand;
                if was == OrderState::Cancelled {
                    return "ignored";
                }
                if was != OrderState::Discarded {
                    known.stand = OrderState::Cancelled;
                }
                if was == OrderState::Applied {
                    let before = std::mem::take(&mut known.ordered);
                    self.settle(order, before);
                }
                self.orders[&order].stand.outcome()
            }
            Step::Discard { order } => match self.orders.get_mut(&order) {
                Some(known) if matches!(known.stand, OrderState::Parked | OrderState::Discarded) => {
                    known.stand = OrderState::Discarded;
                    "discarded"
                }
                _ => "absent",
            },
            Step::Threshold { kind, .. } if !self.known[kind] => "absent",
            Step::Threshold { kind, threshold } => {
                self.thresholds[kind] = threshold;
                ""
            }
            Step::Assign { counts } => {
                if (0..TYPES.len()).any(|kind| self.available[kind] < counts[kind]) {
                    return "license-pool-exhausted";
                }
                for (kind, count) in counts.into_iter().enumerate() {
                    let before = self.available[kind];
                    self.available[kind] -= count;
                    self.assigned[kind] += count;
                    self.count_low(kind, before);
                }
                ""
            }
        }
    }

    /// Counts a pool that had `before` available licenses and has fewer than its threshold now.
    fn count_low(&mut self, kind: usize, before: u64) {
        let threshold = self.thresholds[kind];
        self.lows[kind] += u64::from(before >= threshold && self.available[kind] < threshold);
    }

    fn apply(&mut self, order: usize) {
        if let Some(order) = self.orders.get_mut(&order) {
            order.stand = OrderState::Applied;
        }
        self.settle(order, [0; TYPES.len()]);
    }

    /// Adjusts the pool license by license: a license that is no longer ordered is withdrawn if one is
    /// available; a newly ordered one is credited unless it was credited before and could not be withdrawn.
    fn settle(&mut self, number: usize, before: Counts) {
        let mut order = self.orders[&number].clone();
        for (kind, before) in before.into_iter().enumerate() {
            let available = self.available[kind];
            for _ in order.ordered[kind]..before {
                if self.available[kind] > 0 {
                    order.given[kind] -= 1;
                    self.available[kind] -= 1;
                }
            }
            while before < order.ordered[kind] && order.given[kind] < order.ordered[kind] {
                order.given[kind] += 1;
                self.available[kind] += 1;
                self.known[kind] = true;
            }
            self.count_low(kind, available);
        }
        self.orders.insert(number, order);
    }
}

/// One partner with its customer and its store account, independent of all others in the world.
struct Party<'a> {
    world: &'a World,
    number: u64,
    partner: String,
    organization: String,
    token: String,
    /// Ids of the orders that were answered as parked.
    parked: Mutex<BTreeMap<usize, String>>,
}

impl<'a> Party<'a> {
    async fn new(world: &'a World, number: u64) -> Self {
        let create = |path: &str, body: Value| world.post(path).by("operator").json(body).send();
        let made = create("/v1/partners", json!({"name": format!("Partner {number}")})).await.ok();
        let partner = made["id"].as_str().unwrap().to_owned();
        let body = json!({"name": format!("Customer {number}"), "partnerId": partner});
        let organization = create("/v1/organizations", body).await.ok()["id"].as_str().unwrap().to_owned();
        let person = json!({"sub": format!("member-{number}"), "email": "m@model.example", "role": "partner", "org": partner});
        let record = json!({"email": "m@model.example", "name": "M"});
        create(&format!("/v1/partners/{partner}/members"), record).await.ok();
        let (token, parked) = (world.token_of(person), Mutex::default());
        Self { world, number, partner, organization, token, parked }
    }

    /// Sends a step, again after each 5xx answer; `id` distinguishes a repeat from another step.
    async fn take(&self, step: &Step, id: &str) -> Reply {
        let Self { world, number, partner, organization, token, .. } = self;
        let lines = |counts: &Counts, name: &str| -> Vec<Value> {
            let named = TYPES.iter().zip(counts).filter(|(_, count)| **count > 0);
            named.map(|(kind, count)| json!({"kind": "license", name: kind, "quantity": count})).collect()
        };
        let message = |kind: &str, mut data: Value| {
            data["orderId"] = format!("{number}-{}", data["orderId"]).into();
            let body = json!({"type": kind, "timestamp": "2026-01-05T09:00:00Z", "data": data});
            world.message(world.id("secret"), &format!("{number}-{id}"), &body)
        };
        let account = format!("account-{number}");
        let call = match step {
            Step::Link => {
                let call = world.put(&format!("/v1/partners/{partner}/store")).by("operator");
                call.json(json!({"sourceId": "{source}", "account": account}))
            }
            Step::Place { order, counts } => {
                let lines = lines(counts, "sku");
                message("order.placed", json!({"orderId": order, "storeAccount": account, "lines": lines}))
            }
            Step::Change { order, sequence, counts } => {
                let lines = lines(counts, "sku");
                message("order.changed", json!({"orderId": order, "sequence": sequence, "lines": lines}))
            }
            Step::Cancel { order } => message("order.cancelled", json!({"orderId": order})),
            Step::Discard { order } => {
                // For an order that was never answered as parked, an unknown id stands in.
                let unknown = "ord_019b8d75-b460-7000-8000-000000000000".to_owned();
                let id = self.parked.lock().unwrap().get(order).cloned().unwrap_or(unknown);
                world.post(&format!("/v1/parked-orders/{id}/discard")).by("operator")
            }
            Step::Threshold { kind, threshold } => {
                let path = format!("/v1/partners/{partner}/license-pools/{}/threshold", TYPES[*kind]);
                let threshold = Some(*threshold).filter(|threshold| *threshold > 0);
                world.put(&path).by("operator").json(json!({ "threshold": threshold }))
            }
            Step::Assign { counts } => {
                let mut lines = lines(counts, "licenseType");
                lines.iter_mut().for_each(|line| {
                    line.as_object_mut().unwrap().remove("kind");
                });
                let call = world.post(&format!("/v1/partners/{partner}/license-assignments")).token(token);
                call.key(id).json(json!({"organizationId": organization, "lines": lines}))
            }
        };
        loop {
            let reply = call.clone().send().await;
            assert_ne!(reply.code(), "internal", "{step:?}");
            if reply.status < 500 {
                if let (Step::Place { order, .. }, Some(id)) = (step, reply.body["order"]["id"].as_str()) {
                    self.parked.lock().unwrap().insert(*order, id.to_owned());
                }
                return reply;
            }
        }
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let (mut items, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("{path}?pageSize=100{token}");
            let page = self.world.get(&path).token(&self.token).send().await.ok();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => return items,
            }
        }
    }

    /// Returns available and assigned licenses of each type, separately according
    /// to pools, holdings and history; and how often each pool became low.
    async fn read_counts(&self) -> (Vec<(&'static str, Counts, Counts)>, Counts) {
        let number = |value: &Value| value.as_u64().unwrap();
        let kind = |value: &Value| TYPES.iter().position(|kind| value == kind).unwrap();
        let pools =
            self.world.get(&format!("/v1/partners/{}/license-pools", self.partner)).token(&self.token);
        let (mut available, mut assigned): (Counts, Counts) = Default::default();
        for pool in pools.send().await.ok()["items"].as_array().unwrap() {
            let kind = kind(&pool["licenseType"]);
            (available[kind], assigned[kind]) = (number(&pool["available"]), number(&pool["assigned"]));
            assert_eq!(number(&pool["purchased"]), available[kind] + assigned[kind]);
            let is_low = pool["threshold"].as_u64().is_some_and(|threshold| available[kind] < threshold);
            assert_eq!(pool["low"], is_low, "{pool}");
        }
        let mut held = Counts::default();
        for assignment in self.items(&format!("/v1/organizations/{}/licenses", self.organization)).await {
            for line in assignment["lines"].as_array().unwrap() {
                held[kind(&line["licenseType"])] += number(&line["quantity"]);
            }
        }
        let (mut given, mut gone, mut lows): (Counts, Counts, Counts) = Default::default();
        for event in self.items(&format!("/v1/partners/{}/history", self.partner)).await.iter().rev() {
            let data = &event["data"];
            match event["type"].as_str().unwrap() {
                "license.credited" => given[kind(&data["licenseType"])] += number(&data["quantity"]),
                "license.withdrawn" => given[kind(&data["licenseType"])] -= number(&data["quantity"]),
                "license.assigned" => gone[kind(&data["licenseType"])] += number(&data["quantity"]),
                "license.pool-low" => lows[kind(&data["licenseType"])] += 1,
                _ => {}
            }
        }
        let left = std::array::from_fn(|kind| given[kind] - gone[kind]);
        let counts =
            vec![("pools", available, assigned), ("holdings", available, held), ("history", left, gone)];
        (counts, lows)
    }
}

fn some_step(random: &mut Rng) -> Step {
    let order = random.usize(0..3);
    let mut counts = |most: u64| -> Counts {
        let mut counts: Counts = std::array::from_fn(|_| random.u64(0..=most));
        // Every list needs at least one line.
        counts[0] = counts[0].max(1);
        counts
    };
    let (large, small) = (counts(20), counts(8));
    match random.u32(0..20) {
        0 => Step::Link,
        17.. => Step::Threshold { kind: random.usize(0..TYPES.len()), threshold: random.u64(0..30) },
        16 => Step::Discard { order },
        1..5 => Step::Place { order, counts: large },
        5..8 => Step::Change { order, sequence: random.u64(1..6), counts: large },
        8 => Step::Cancel { order },
        _ => Step::Assign { counts: small },
    }
}

/// Returns the outcome of an answer in the terms of the model.
fn outcome(reply: &Reply) -> &str {
    match (reply.code(), reply.body["outcome"].as_str(), reply.body["status"].as_str()) {
        ("", Some(outcome), _) | ("", None, Some(outcome)) => outcome,
        ("not-found" | "order-not-parked", ..) => "absent",
        (code, ..) => code,
    }
}

/// Runs one sequence: the system's answers must equal those of the model, for concurrent steps in some order.
async fn sequence(world: &World, number: u64, random: &mut Rng) {
    let party = Party::new(world, number).await;
    // Concurrent steps may be explained by several orders; each resulting model is kept until the end.
    let mut models = BTreeSet::from([Model::default()]);
    let mut steps: Vec<Vec<Step>> = vec![vec![Step::Link]];
    let more = (0..random.usize(4..10)).map(|_| {
        let at_once = if random.u32(0..3) == 0 { random.usize(2..4) } else { 1 };
        (0..at_once).map(|_| some_step(random)).collect()
    });
    steps.extend(more.collect::<Vec<_>>());
    // In some sequences, steps come before the store is linked, and some steps are concurrent with the link.
    let early = random.usize(0..6).min(steps.len() - 1);
    steps[..=early].rotate_left(1);
    steps[early].extend((0..random.usize(0..3)).map(|_| some_step(random)));

    for (index, group) in steps.iter().enumerate() {
        for _ in group {
            if random.u32(0..3) == 0 {
                world
                    .fault_proxy()
                    .inject("TransactWriteItems", random.choice(InjectedFailure::ALL).unwrap());
            }
            if random.u32(0..6) == 0 {
                let operation =
                    random.choice(["link-store", "receive-store-message", "assign-license"]).unwrap();
                let kill = random.choice([Kill::Before, Kill::After]).unwrap();
                world.fault_proxy().kill(operation, random.u32(0..2), kill);
            }
        }
        let id = |which: usize| format!("{index}-{which}");
        let calls = group.iter().enumerate().map(|(which, step)| {
            // A threshold that is set again could replace one that was set concurrently.
            let twice = random.bool() && !matches!(step, Step::Threshold { .. });
            let (party, id) = (&party, id(which));
            async move {
                let reply = party.take(step, &id).await;
                // A repeat of a step that took effect has the same answer; a refused
                // step would be evaluated again.
                if twice && reply.status < 300 {
                    let again = party.take(step, &id).await;
                    if !matches!(step, Step::Link | Step::Discard { .. }) {
                        assert_eq!(again.body, reply.body, "{step:?} of sequence {number}");
                    }
                }
                reply
            }
        });
        let replies = join_all(calls).await;
        world.fault_proxy().spare();
        let told: Vec<&str> = replies.iter().map(outcome).collect();
        let mut possible = BTreeSet::new();
        for model in &models {
            for order in orders(group.len()) {
                let mut model = model.clone();
                let agrees = order.iter().all(|which| model.take(&group[*which]) == told[*which]);
                if agrees {
                    possible.insert(model);
                }
            }
        }
        assert!(
            !possible.is_empty(),
            "{group:?} cannot be answered {told:?}: {models:#?}, sequence {number}"
        );
        models = possible;
    }
    let (read_counts, lows) = party.read_counts().await;
    let agrees = |model: &Model| {
        let equals = |available: &Counts, assigned: &Counts| {
            (available, assigned) == (&model.available, &model.assigned)
        };
        lows == model.lows && read_counts.iter().all(|(_, available, assigned)| equals(available, assigned))
    };
    assert!(
        models.iter().any(agrees),
        "{steps:?} left {read_counts:?}, low {lows:?}, not {models:#?}, sequence {number}"
    );
}

/// Returns all orders of `count` steps.
fn orders(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![Vec::new()],
        _ => {
            let shorter = orders(count - 1);
            let with = |order: &Vec<usize>, place: usize| {
                let mut order = order.clone();
                order.insert(place, count - 1);
                order
            };
            shorter
                .iter()
                .flat_map(|order| (0..count).map(|place| with(order, place)).collect::<Vec<_>>())
                .collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_match_the_model() {
    strength::side_by_side(400, 1000, async |seeds| {
        let world = World::demo().await;
        for seed in seeds {
            sequence(&world, seed, &mut Rng::with_seed(seed)).await;
        }
    })
    .await;
}

/// An operation of a client on one pool, and its time.
#[derive(Debug)]
struct PoolOperation {
    begun: Instant,
    ended: Instant,
    /// Change of the available licenses if the operation takes effect.
    change: i64,
    /// Result: whether the operation took effect, or the number of available licenses that it read.
    done: Result<bool, i64>,
}

/// Returns true if the operations could have happened one after another, each at an instant between its begin
/// and its end (J. M. Wing and C. Gong, 1993).
fn is_linearizable(
    deeds: &[PoolOperation],
    available: i64,
    done: u64,
    tried: &mut HashSet<(u64, i64)>,
) -> bool {
    if done.count_ones() as usize == deeds.len() {
        return true;
    }
    if !tried.insert((done, available)) {
        return false;
    }
    let left = || deeds.iter().enumerate().filter(|(index, _)| done & (1 << index) == 0);
    let first_end = left().map(|(_, deed)| deed.ended).min().unwrap();
    left().filter(|(_, deed)| deed.begun <= first_end).any(|(index, deed)| {
        let after = available + deed.change;
        let (agrees, after) = match deed.done {
            Ok(true) => (after >= 0, after),
            Ok(false) => (after < 0, available),
            Err(read_counts) => (read_counts == available, available),
        };
        agrees && is_linearizable(deeds, after, done | 1 << index, tried)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pool_is_linearizable_under_eight_clients() {
    for round in strength::seeds(40, 1000) {
        let world = World::demo().await;
        world.chaos(6, round);
        let client = |client: u64| {
            let (world, mut random) = (&world, Rng::with_seed(round * 8 + client));
            async move {
                let mut deeds = Vec::new();
                for number in 0..4 {
                    let quantity = random.u64(5..40);
                    let id = format!("{client}-{number}");
                    let begun = Instant::now();
                    let (change, done) = match random.u32(0..4) {
                        0 => {
                            let body = world.order(&id, TYPES[0], quantity);
                            world.message(world.id("secret"), &id, &body).decided().await;
                            (quantity as i64, Ok(true))
                        }
                        1 => (0, Err(world.pool("partnerMember", "partner", TYPES[0]).await.1 as i64)),
                        _ => loop {
                            let path = "/v1/partners/{partner}/license-assignments";
                            let lines = json!([{"licenseType": TYPES[0], "quantity": quantity}]);
                            let body = json!({"organizationId": "{yamada}", "lines": lines});
                            let reply = world.post(path).by("partnerMember").key(&id).json(body).send().await;
                            match reply.status {
                                503 => {}
                                status => break (-(quantity as i64), Ok(status == 201)),
                            }
                        },
                    };
                    deeds.push(PoolOperation { begun, ended: Instant::now(), change, done });
                }
                deeds
            }
        };
        let deeds: Vec<PoolOperation> = join_all((0..8).map(client)).await.into_iter().flatten().collect();
        assert!(is_linearizable(&deeds, 95, 0, &mut HashSet::new()), "round {round}: {deeds:#?}");
    }
}

#[test]
fn checker_rejects_histories_that_no_order_explains() {
    let begin = Instant::now();
    let at = |tick: u64| begin + std::time::Duration::from_millis(tick);
    let deed =
        |begun, ended, change, done| PoolOperation { begun: at(begun), ended: at(ended), change, done };
    let check = |deeds: &[PoolOperation]| is_linearizable(deeds, 5, 0, &mut HashSet::new());
    assert!(check(&[deed(0, 9, -3, Ok(true)), deed(1, 8, -3, Ok(false)), deed(2, 7, 0, Err(5))]));
    assert!(!check(&[deed(0, 9, -3, Ok(true)), deed(1, 8, -3, Ok(true))]), "oversold");
    assert!(!check(&[deed(0, 1, -3, Ok(true)), deed(2, 3, 0, Err(5))]), "read what was gone already");
    assert!(!check(&[deed(0, 1, -3, Ok(false)), deed(2, 3, 0, Err(5))]), "refused without need");
}
