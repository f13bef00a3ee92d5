//! Random graphs of subscriptions: some are deactivated while others are linked, set up and renewed,
//! transactions fail, and processes are killed.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use futures_util::future::join_all;
use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::{World, strength};

use super::{all, created_ids, events, line, order};

const ORGANIZATION: &str = "{harbour}";

/// Sells `count` subscriptions in orders of `size` lines, and returns their ids. With a probability of
/// `density` out of 10, a subscription is linked to an earlier one or to one of its own order; every third line
/// is an app with such parents.
async fn sell_random(
    world: &World,
    random: &mut Rng,
    (name, density): (&str, u32),
    there: &[String],
    (count, size): (usize, usize),
) -> Vec<String> {
    let (mut new, mut end_or_not): (Vec<String>, _) = (Vec::new(), random.fork());
    for batch in 0..count.div_ceil(size) {
        let known: Vec<&String> = there.iter().chain(&new).collect();
        let size = size.min(count - batch * size);
        let mut end = |index: usize| match random.bool() || size == 1 {
            // Most links are short, so that the graph has many separate parts.
            true if !known.is_empty() => json!(known[known.len() - 1 - random.usize(..known.len().min(30))]),
            _ => json!((index + random.usize(1..size)) % size),
        };
        let mut ends = |index: usize, count: usize| -> Vec<Value> {
            let ends: BTreeSet<String> = (0..count).map(|_| end(index).to_string()).collect();
            ends.iter().map(|end| serde_json::from_str(end).unwrap()).collect()
        };
        let mut lines = Vec::new();
        for index in 0..size {
            let linked = usize::from(end_or_not.u32(..10) < density);
            lines.push(match index % 3 {
                0 => line("app", "DS-1", "C-3", json!({"parents": ends(index, 1 + (batch + index) % 3)})),
                _ => {
                    let contacts = json!([{"email": "h@harbour.example", "name": "H"}]);
                    let external = format!("{name}-{batch}-{index}");
                    let more = json!({"linkedTo": ends(index, linked), "contacts": contacts, "externalId": external});
                    line("subscription", "ER-1", "C-3", more)
                }
            });
        }
        let reply = order(world, &format!("{name}-{batch}"), Value::Array(lines)).await;
        match reply.status {
            200 => new.extend(
                reply.body["order"]["subscriptions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(|one| one["subscriptionId"].as_str().map(str::to_owned)),
            ),
            // A subscription that the order names was deactivated concurrently, or has its maximum of links.
            422 => assert!(
                ["subscription-deactivated", "too-many-links"].contains(&reply.code()),
                "{}",
                reply.body
            ),
            _ => panic!("{} {}", reply.status, reply.body),
        }
    }
    new
}

fn set(one: &Value, name: &str) -> BTreeSet<String> {
    one[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Returns the closure of these roots by the simplest algorithm: an app that may have lost a parent stays
/// active if it has an ancestor that the deactivation does not reach.
fn closure_of(all: &BTreeMap<String, Value>, roots: BTreeSet<String>) -> BTreeSet<String> {
    let mut down = roots;
    loop {
        let mut reached = down.clone();
        while let Some(app) =
            reached.iter().flat_map(|id| set(&all[id], "apps")).find(|app| !reached.contains(app))
        {
            reached.insert(app);
        }
        let mut kept: BTreeSet<String> = all.keys().filter(|id| !reached.contains(*id)).cloned().collect();
        loop {
            let more = reached.iter().filter(|id| !down.contains(*id) && !kept.contains(*id));
            let Some(more) = more.into_iter().find(|id| !set(&all[*id], "parents").is_disjoint(&kept)) else {
                break;
            };
            kept.insert(more.clone());
        }
        let falls = |(id, one): &(&String, &Value)| {
            !down.contains(*id) && (!kept.contains(*id) || !set(one, "linked").is_disjoint(&down))
        };
        let more: Vec<String> = all.iter().filter(falls).map(|(id, _)| id.clone()).collect();
        if more.is_empty() {
            return down;
        }
        down.extend(more);
    }
}

/// Whatever is concurrent or interrupted, in the end each closure is deactivated and nothing else, each
/// deactivated subscription has one event and no entitlement, and both ends of each link refer to each other.
#[tokio::test(flavor = "multi_thread")]
async fn random_graph_deactivates_exactly_the_closure_under_failures() {
    for round in strength::seeds(16, 200) {
        // In a nightly run, one graph in a hundred is large.
        let large = strength::is_nightly() && round.is_multiple_of(100);
        let world = World::demo().await;
        let random = &mut Rng::with_seed(round);
        let nodes = if large { 10_000 } else { random.usize(50..=200) };
        let density = random.choice([2, 5, 8, 10]).unwrap();
        let there = sell_random(&world, random, ("first", density), &[], (nodes, 20)).await;
        let mut roots: Vec<String> = (0..3).map(|_| there[random.usize(..there.len())].clone()).collect();
        // All parents of one app are deactivated concurrently.
        let apps = all(&world, ORGANIZATION).await.into_iter().filter(|one| set(one, "parents").len() > 1);
        let mut apps: Vec<_> = apps.collect();
        random.shuffle(&mut apps);
        roots.extend(apps.first().into_iter().flat_map(|app| set(app, "parents")));

        world.chaos(20, round);
        for operation in ["deactivate-subscription", "receive-store-message"] {
            let kill = if random.bool() { Kill::Before } else { Kill::After };
            world.fault_proxy().kill(operation, random.u32(0..4), kill);
        }
        let person =
            json!({"sub": "h", "email": "h@harbour.example", "role": "customer", "org": world.id("harbour")});
        let token = world.token_of(person);
        let deactivating =
            roots.iter().map(|root| super::deactivate(&world, "operator", ORGANIZATION, root).send());
        let mut other = Rng::with_seed(random.u64(..));
        let growing = sell_random(&world, &mut other, ("second", density), &there, (24, 4));
        let mut third = random.fork();
        let others: Vec<&String> = (0..6).map(|_| &there[random.usize(..there.len())]).collect();
        let setting_up = others.iter().map(|id| {
            let path = format!("/v1/organizations/{ORGANIZATION}/subscriptions/{id}/set-up");
            world.post(&path).token(&token).json(json!({"site": {"organization": true}})).send()
        });
        let renewing = (0..6).map(|number| {
            let name = format!("first-{}-{}", third.usize(..nodes.div_ceil(20)), third.usize(..20));
            let data = json!({"subscription": {"externalId": name}, "endsAt": "2040-01-01T00:00:00Z"});
            let world = &world;
            async move {
                super::send_message(
                    world,
                    &format!("renew-{number}"),
                    "subscription.renewed",
                    "2026-01-05T09:59:00Z",
                    data,
                )
                .await
            }
        });
        let (answers, _, set_up, renewed) =
            tokio::join!(join_all(deactivating), growing, join_all(setting_up), join_all(renewing));
        let told = |status: u16, code: &str| match status {
            200 | 503 => true,
            409 => ["subscription-deactivated", "already-set-up"].contains(&code),
            _ => code == "not-a-contact" || code == "not-found",
        };
        assert!(set_up.iter().all(|reply| told(reply.status, reply.code())), "apps have no contacts");
        assert!(renewed.iter().all(|reply| reply.status == 200));
        world.chaos(0, 0);
        world.fault_proxy().spare();

        // Some of the interrupted callers retry; the scheduled job completes the rest.
        for (root, answer) in roots.iter().zip(&answers) {
            if random.bool() && answer.status >= 500 {
                super::deactivate(&world, "operator", ORGANIZATION, root).send().await;
            }
        }
        for _ in 0..if large { 100 } else { 3 } {
            crate::orders::run_job_after_a_minute(&world).await;
        }

        let known: BTreeMap<String, Value> = all(&world, ORGANIZATION)
            .await
            .into_iter()
            .map(|one| (one["id"].as_str().unwrap().to_owned(), one))
            .collect();
        let down: BTreeSet<String> = known
            .iter()
            .filter(|(_, one)| !one["deactivation"].is_null())
            .map(|(id, _)| id.clone())
            .collect();
        let begun = known.iter().filter(|(id, one)| one["deactivation"]["cause"] == id.as_str());
        let begun: BTreeSet<String> = begun.map(|(id, _)| id.clone()).collect();
        for (root, answer) in roots.iter().zip(&answers) {
            assert!(answer.status >= 500 || down.contains(root), "{} {}", answer.status, answer.body);
        }
        assert_eq!(down, closure_of(&known, begun), "round {round}");
        for (id, one) in &known {
            let is_down = down.contains(id);
            let is_set_up = one.get("site").is_some() && one.get("siteInheritedFrom").is_none();
            let status = if is_set_up { "active" } else { "pending-set-up" };
            assert_eq!(one["status"], if is_down { "inactive" } else { status }, "{one}");
            for (name, back) in [("linked", "linked"), ("parents", "apps"), ("apps", "parents")] {
                assert!(
                    set(one, name).iter().all(|other| set(&known[other], back).contains(id)),
                    "{name} of {id}"
                );
            }
        }
        let mut told: Vec<String> = events(&world, ORGANIZATION, "subscription.deactivated")
            .await
            .iter()
            .map(|event| event["data"]["subscriptionId"].as_str().unwrap().to_owned())
            .collect();
        told.sort();
        assert_eq!(told, down.iter().cloned().collect::<Vec<_>>(), "each is told once");
        let (mut token, mut owned) = (String::new(), BTreeSet::new());
        loop {
            let path = format!("/v1/organizations/{ORGANIZATION}/profile?pageSize=100{token}");
            let page = world.get(&path).by("agent").send().await.ok();
            let entries = page["entitlements"].as_array().unwrap().iter();
            owned.extend(entries.filter_map(|one| one["subscriptionId"].as_str().map(str::to_owned)));
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => break,
            }
        }
        let up: BTreeSet<String> = known.keys().filter(|id| !down.contains(*id)).cloned().collect();
        assert_eq!(owned, up, "an entitlement ends with its subscription");
    }
}

/// An order of 20 lines, each with 5 contacts, takes more than one transaction: after any interruption, all of
/// its subscriptions and links exist in the end.
#[tokio::test(flavor = "multi_thread")]
async fn large_order_is_completed_after_any_interruption() {
    for again in [true, false] {
        for others in 0..4 {
            for kill in [Kill::Before, Kill::After] {
                let world = World::demo().await;
                let lines: Vec<Value> = (0..20)
                    .map(|index| {
                        let contact = |number: usize| json!({"email": format!("c{index}-{number}@harbour.example"), "name": "C"});
                        let contacts: Vec<Value> = (0..5).map(contact).collect();
                        let more = json!({"contacts": contacts, "linkedTo": [(index + 1) % 20], "externalId": format!("L-{index}")});
                        line("subscription", "ER-1", "C-3", more)
                    })
                    .collect();
                let data = json!({"orderId": "SO-L", "storeAccount": "ec-4711", "lines": lines});
                let body = super::message("order.placed", "2026-01-05T09:59:00Z", data);
                world.fault_proxy().kill("receive-store-message", others, kill);
                let first = world.message(world.id("secret"), "large", &body).send().await;
                world.fault_proxy().spare();
                if first.status == 500 && (again || (others == 0 && kill == Kill::Before)) {
                    created_ids(&world.message(world.id("secret"), "large", &body).send().await.ok());
                } else {
                    crate::orders::run_job_after_a_minute(&world).await;
                }
                let there = all(&world, ORGANIZATION).await;
                assert_eq!(there.len(), 20, "{others} {kill:?}");
                assert!(there.iter().all(|one| set(one, "linked").len() == 2));
                let told = events(&world, ORGANIZATION, "subscription.ordered").await;
                assert_eq!(told.len(), 20);
                assert!(
                    told.iter()
                        .all(|event| event["data"]["firstTimeContacts"].as_array().unwrap().len() == 5)
                );
                let again = world.message(world.id("secret"), "large", &body).send().await.ok();
                assert_eq!((created_ids(&again).len(), all(&world, ORGANIZATION).await.len()), (20, 20));
            }
        }
    }
}
