//! Random concurrent runs: operations and messages of all kinds, out of order and repeated, while writes fail and
//! processes are killed. Many calls are refused; the replay only reads the history afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Period;
use fastrand::Rng;
use futures_util::future::join_all;
use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::{Call, Reply, World};

use super::history::pages;

/// Number of callers at the same time, of steps that each takes before all wait for each other, and of such rounds.
const CALLERS: u64 = 4;
const STEPS: usize = 5;
const ROUNDS: usize = 4;

/// Number of orders that the store sends.
pub const ORDERS: u64 = 10;

/// Buyers of the orders in turn: account at the store, and external id of the organization. No partner is ever linked to
/// the last account.
const BUYERS: [(&str, &str); 5] =
    [("ec-4711", "C-1"), ("ec-4711", "C-3"), ("ec-4712", "C-4"), ("ec-9", "C-3"), ("ec-0", "C-3")];

const LICENSE_TYPES: [&str; 2] = ["edge-storage-1y", "camera-direct-5y"];
const LEVELS: [&str; 4] = ["cc", "look", "create", "full-admin"];
const PARTNERS: [(&str, &str); 3] =
    [("partner", "partnerAdmin"), ("otherPartner", "otherPartnerAdmin"), ("newPartner", "newPartnerAdmin")];
const ORGANIZATIONS: [&str; 4] = ["yamada", "harbour", "bogazici", "sol"];
/// Some of them are over before a run is.
const ENDS: [&str; 4] =
    ["2026-01-08T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-20T12:00:00Z", "2027-01-01T00:00:00Z"];

/// A run.
pub struct Run<'a> {
    pub world: &'a World,
    pub seed: u64,
    /// Number of the next key, name or id.
    next: AtomicU64,
    /// Accepted orders by their number, as they were sent.
    arrived: Mutex<BTreeMap<String, Value>>,
    /// Ids of customers that the run created.
    customers: Mutex<Vec<String>>,
}

/// Returns a text; empty if the value is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn choose<'t, T>(random: &mut Rng, from: &'t [T]) -> Option<&'t T> {
    (!from.is_empty()).then(|| &from[random.usize(..from.len())])
}

fn one<T: Clone, const N: usize>(random: &mut Rng, from: [T; N]) -> T {
    from[random.usize(..N)].clone()
}

/// Makes a run in a demo world, and waits until nothing is left to be done.
pub async fn play(world: &World, seed: u64) -> Run<'_> {
    let (next, arrived, customers) = Default::default();
    let run = Run { world, seed, next, arrived, customers };
    let mut random = Rng::with_seed(seed);
    let manager = json!({"email": "mona@harbour.example", "name": "Mona", "manager": true});
    world.post("/v1/organizations/{harbour}/customers").by("operator").json(manager).send().await.ok();
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    for _ in 0..ROUNDS {
        world.chaos(12, random.u64(..));
        for operation in ["receive-store-message", "link-store", "deactivate-subscription", "run-due-work"] {
            let kill = one(&mut random, [Kill::Before, Kill::After]);
            world.fault_proxy().kill(operation, random.u32(0..6), kill);
        }
        let callers: Vec<Rng> = (0..CALLERS).map(|_| random.fork()).collect();
        join_all(callers.into_iter().map(|mut random| {
            let run = &run;
            async move {
                for _ in 0..STEPS {
                    run.step(&mut random).await;
                }
            }
        }))
        .await;
        run.advance(one(&mut random, ["PT1M", "PT12H", "P3D", "P20D", "P45D", "P100D"])).await;
        world.fault_proxy().spare();
    }
    world.chaos(0, 0);
    for index in 0..ORDERS {
        run.place(index, &format!("last-{index}")).await;
    }
    // What failed before is tried again after up to eight minutes.
    for _ in 0..4 {
        run.advance("PT10M").await;
    }
    run
}

impl Run<'_> {
    /// Returns all e-mails of customers.
    pub fn emails(&self) -> Vec<String> {
        let demo =
            ["yuki@yamada.example", "sora@yamada.example", "haruto@yamada.example", "elif@bogazici.example"];
        let more =
            ["can@bogazici.example", "mona@harbour.example", "rare0@replay.example", "rare1@replay.example"];
        demo.into_iter().chain(more).map(str::to_owned).chain((0..4).map(customer_email)).collect()
    }

    /// Sends the orders that arrived once more, in messages of their own, which changes nothing. Returns the answers by
    /// the number of the order.
    pub async fn repeat_arrived_orders(&self, name: &str) -> Vec<(String, Reply)> {
        let arrived = self.arrived.lock().unwrap().clone();
        let mut answers = Vec::new();
        for (order, body) in arrived {
            let reply = self.send_order(&order, &format!("{name}-{order}"), body).await;
            answers.push((order, reply));
        }
        answers
    }

    pub async fn advance(&self, period: &str) {
        let body = json!({"advance": period}).to_string();
        self.world.post("/_local/time").bytes(body.as_bytes()).send().await.ok();
        // Some due work may fail: a parked order that cannot be applied, or a write.
        self.world.post("/_local/tick").send().await;
    }

    pub fn next(&self) -> String {
        format!("{}-{}", self.seed, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends a call until it is decided or, sometimes, gives up without knowing whether it took effect; sometimes
    /// twice.
    pub async fn send(&self, random: &mut Rng, call: Call<'_>) -> Reply {
        loop {
            let reply = call.clone().send().await;
            assert_ne!(reply.code(), "internal", "{}", reply.body);
            let gives_up = random.u32(..4) == 0;
            if reply.status < 500 && random.u32(..6) == 0 {
                call.send().await;
                return reply;
            }
            if reply.status < 500 || gives_up {
                return reply;
            }
        }
    }

    /// Sends a POST with a key of its own.
    pub async fn post(&self, random: &mut Rng, who: &str, path: &str, body: Value) -> Reply {
        let call = self.world.post(path).by(who).key(&self.next()).json(body);
        self.send(random, call).await
    }

    pub async fn patch(&self, random: &mut Rng, who: &str, path: &str, body: Value) -> Reply {
        self.send(random, self.world.patch(path).by(who).json(body)).await
    }

    /// Sends a call without a body.
    pub async fn call(&self, random: &mut Rng, who: &str, (method, path): (&str, &str)) -> Reply {
        let call = self.world.call(method, path).by(who);
        let call = if method == "POST" { call.key(&self.next()) } else { call };
        self.send(random, call).await
    }

    /// Sends a message as the store does, sometimes again: the same message, another one with the same content, or another
    /// one under the same id, which is refused. Some messages are dated now, and some in the future, of which only those of
    /// the next five minutes are accepted.
    pub async fn message(&self, random: &mut Rng, kind: &str, time: &str, data: Value) {
        let (world, id) = (self.world, self.next());
        let time = match random.u32(..12) {
            0..4 => world.now().to_string(),
            4 => world.now().after(Period::minutes(4)).to_string(),
            5 => world.now().after(Period::days(1)).to_string(),
            _ => time.to_owned(),
        };
        let body = json!({"type": kind, "timestamp": time, "data": data});
        self.send(random, world.message(world.id("secret"), &id, &body)).await;
        let again = match random.u32(..8) {
            0 => (id, body),
            1 => (self.next(), body),
            2 => {
                let data = json!({"orderId": format!("R-{}", random.u64(..ORDERS))});
                (id, json!({"type": "order.cancelled", "timestamp": time, "data": data}))
            }
            _ => return,
        };
        self.send(random, world.message(world.id("secret"), &again.0, &again.1)).await;
    }

    async fn step(&self, random: &mut Rng) {
        match random.u32(..51) {
            0..6 => {
                let index = random.u64(..ORDERS);
                self.place(index, &format!("placed-{index}-{}", random.u32(..2))).await;
            }
            6..9 => self.change_order(random).await,
            9..11 => {
                let data = json!({"orderId": format!("R-{}", random.u64(..ORDERS))});
                let time = minute(random.u64(1..50), 30);
                self.message(random, "order.cancelled", &time, data).await;
            }
            11..20 => self.report(random).await,
            20..24 => self.assign(random).await,
            24 => {
                let body = json!({"sourceId": "{source}", "account": "ec-9"});
                let call = self.world.put("/v1/partners/{newPartner}/store").by("operator").json(body);
                self.send(random, call).await;
            }
            25 => {
                let parked = pages(self.world, "/v1/parked-orders").await;
                if let Some(order) = choose(random, &parked) {
                    let path = format!("/v1/parked-orders/{}/discard", text(&order["id"]));
                    self.call(random, "operator", ("POST", &path)).await;
                }
            }
            26..28 => self.grant(random).await,
            28..30 => self.request(random).await,
            30..32 => self.decide(random).await,
            32 => self.end_grant(random).await,
            33 => self.change_directory(random).await,
            34..36 => self.change_customers(random).await,
            36 => self.change_members(random).await,
            37..40 => self.change_contacts(random).await,
            40..42 => self.set_up(random).await,
            42 => {
                if let Some((path, _)) = self.some_subscription(random).await {
                    let body = json!({"reason": "The office closes."});
                    self.post(random, "operator", &format!("{path}/deactivate"), body).await;
                }
            }
            43..46 => self.change_entitlements(random).await,
            46 => self.change_catalog(random).await,
            47..50 => self.set_threshold(random).await,
            _ => {
                self.world.post("/_local/tick").send().await;
            }
        }
    }

    /// Returns the lines of an order, which are the same whenever it is sent.
    fn lines(&self, index: u64) -> (&'static str, Vec<Value>) {
        let random = &mut Rng::with_seed(self.seed.wrapping_mul(1_000).wrapping_add(index));
        let (account, organization) = BUYERS[usize::try_from(index).unwrap() % BUYERS.len()];
        let license =
            |kind: &str, quantity: u64| json!({"kind": "license", "sku": kind, "quantity": quantity});
        let types = random.usize(..=LICENSE_TYPES.len());
        let mut lines: Vec<Value> =
            LICENSE_TYPES[..types].iter().map(|kind| license(kind, random.u64(30..60))).collect();
        let sold = if types == 0 { random.usize(1..5) } else { random.usize(..4) };
        for number in 0..sold {
            let earlier = |random: &mut Rng| match (random.usize(..number), random.bool()) {
                (other, true) => json!(types + other),
                (other, false) => json!({"externalId": format!("R-{index}-{other}")}),
            };
            // Orders of the same buyer are so far apart.
            let sold_before = index.checked_sub(BUYERS.len() as u64).filter(|_| random.u8(..3) == 0);
            let is_app = number > 0 && random.u8(..3) == 0;
            let starts_at =
                one(random, ["2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z", "2026-02-20T00:00:00Z"]);
            let mut line = json!({
                "kind": if is_app { "app" } else { one(random, ["subscription", "collection"]) },
                "sku": one(random, ["ER-1", "VW-1", "DS-1"]), "quantity": random.u64(30..60),
                "startsAt": starts_at, "term": one(random, ["P1M", "P1Y", "P5Y"]),
                "organization": {"externalId": organization}, "externalId": format!("R-{index}-{number}"),
            });
            if is_app {
                line["parents"] = json!([earlier(random)]);
            } else if number > 0 && random.bool() {
                line["linkedTo"] = json!([earlier(random)]);
            } else if let Some(before) = sold_before.filter(|before| self.sells_subscriptions(*before)) {
                line["linkedTo"] = json!([{"externalId": format!("R-{before}-0")}]);
            } else if organization == "C-1" && random.u8(..4) == 0 {
                line["linkedTo"] = json!([self.world.id("subscription")]);
            }
            let contacts =
                (0..random.u8(..3)).map(|guest| json!({"email": guest_email(guest), "name": "Guest"}));
            line["contacts"] = contacts.collect();
            lines.push(line);
        }
        (account, lines)
    }

    fn sells_subscriptions(&self, index: u64) -> bool {
        self.lines(index).1.iter().any(|line| line["kind"] != "license")
    }

    /// Sends an order until it is accepted or refused.
    pub async fn place(&self, index: u64, message: &str) -> Reply {
        let (account, lines) = self.lines(index);
        let data = json!({"orderId": format!("R-{index}"), "storeAccount": account, "lines": lines});
        let body = json!({"type": "order.placed", "timestamp": "2026-01-05T09:00:00Z", "data": data});
        self.send_order(&format!("R-{index}"), message, body).await
    }

    pub async fn send_order(&self, order: &str, message: &str, body: Value) -> Reply {
        let message = format!("{}-{message}", self.seed);
        let reply = crate::orders::send_until_decided(self.world, &message, &body).await;
        if reply.status < 300 {
            self.arrived.lock().unwrap().insert(order.to_owned(), body);
        }
        reply
    }

    /// Each change of an order has other quantities, so that each that takes effect changes something.
    async fn change_order(&self, random: &mut Rng) {
        let (index, sequence) = (random.u64(..ORDERS), random.u64(1..7));
        let (_, mut lines) = self.lines(index);
        for line in &mut lines {
            line["quantity"] = json!(29 - 4 * sequence);
            if line["kind"] != "license" {
                line["plan"] = json!(format!("Plan {sequence}"));
            }
        }
        let data = json!({"orderId": format!("R-{index}"), "sequence": sequence, "lines": lines});
        self.message(random, "order.changed", "2026-01-05T09:30:00Z", data).await;
    }

    /// Sends a report about a subscription, which may not have been ordered yet. A later renewal has a later end, and
    /// each migration another site, so that each that takes effect changes something that is shown.
    async fn report(&self, random: &mut Rng) {
        let subscription = match self.some_subscription(random).await.filter(|_| random.u8(..3) == 0) {
            Some((_, id)) => json!({"id": id}),
            None => json!({"externalId": format!("R-{}-{}", random.u64(..ORDERS), random.u8(..3))}),
        };
        let at = random.u64(1..50);
        let mut data = json!({"subscription": subscription});
        let mut with = |name: &str, value: Value| data[name] = value;
        let kind = match random.u32(..9) {
            0..3 => {
                let year = one(random, [2026, 2032, 2032]);
                with("endsAt", json!(format!("{year}-{:02}-{:02}T00:00:00Z", 1 + at / 28, 1 + at % 28)));
                "subscription.renewed"
            }
            3..5 => {
                with("sequence", random.u64(1..9).into());
                with("activeUsers", random.u64(..100_000).into());
                "subscription.usage"
            }
            5 => {
                with("storeAccount", one(random, ["ec-4711", "ec-4712", "ec-9"]).into());
                "subscription.transferred"
            }
            6 => {
                with("url", format!("https://replay.example/{}", self.next()).into());
                "site.migrated"
            }
            7 => {
                let reason = one(random, [json!(null), json!("It is not paid."), json!("It is misused.")]);
                with("reason", reason);
                "subscription.suspended"
            }
            _ => "subscription.resumed",
        };
        self.message(random, kind, &minute(at, 0), data).await;
    }

    /// Returns the path and the id of a subscription.
    async fn some_subscription(&self, random: &mut Rng) -> Option<(String, String)> {
        let path = format!("/v1/organizations/{{{}}}/subscriptions", one(random, ORGANIZATIONS));
        let all = pages(self.world, &path).await;
        choose(random, &all).map(|one| (format!("{path}/{}", text(&one["id"])), text(&one["id"])))
    }

    async fn assign(&self, random: &mut Rng) {
        let (partner, who) =
            one(random, [("partner", "partnerMember"), ("otherPartner", "otherPartnerMember")]);
        let types = 1 + random.usize(..LICENSE_TYPES.len());
        let line = |kind: &&str| json!({"licenseType": kind, "quantity": random.u64(1..30)});
        let lines: Vec<Value> = LICENSE_TYPES[..types].iter().map(line).collect();
        let body = json!({"organizationId": format!("{{{}}}", one(random, ORGANIZATIONS)), "lines": lines});
        self.post(random, who, &format!("/v1/partners/{{{partner}}}/license-assignments"), body).await;
    }

    /// Returns the grantees of a grant or a request: all members of the partner, or one.
    fn grantees(&self, random: &mut Rng) -> Value {
        let (level, expires_at) = (one(random, LEVELS), one(random, ENDS));
        match random.bool() {
            true => json!({"organizationLevel": level, "expiresAt": expires_at}),
            false => {
                let email = one(random, ["ren@miyako.example", "m0@miyako.example", "emre@anadolu.example"]);
                json!({"individuals": [{"email": email, "level": level}], "expiresAt": expires_at})
            }
        }
    }

    async fn set_threshold(&self, random: &mut Rng) {
        let (partner, admin) = one(random, PARTNERS);
        let who = one(random, ["operator", admin]);
        let path = one(random, LICENSE_TYPES);
        let path = format!("/v1/partners/{{{partner}}}/license-pools/{path}/threshold");
        let threshold = one(random, [json!(null), json!(20), json!(40), json!(60), json!(90)]);
        let body = json!({"threshold": threshold});
        self.send(random, self.world.put(&path).by(who).json(body)).await;
    }

    async fn grant(&self, random: &mut Rng) {
        let mut body = self.grantees(random);
        body["autoExtend"] = random.bool().into();
        body["partnerId"] = json!(format!("{{{}}}", one(random, PARTNERS).0));
        let (organization, who) =
            one(random, [("yamada", "contactManager"), ("bogazici", "otherContactManager")]);
        self.post(random, who, &format!("/v1/organizations/{{{organization}}}/access"), body).await;
    }

    async fn request(&self, random: &mut Rng) {
        let (partner, who) = one(random, PARTNERS);
        let mut body = self.grantees(random);
        body["contactManagerEmail"] = json!("yuki@yamada.example");
        self.post(random, who, &format!("/v1/partners/{{{partner}}}/access-requests"), body).await;
    }

    async fn decide(&self, random: &mut Rng) {
        let (partner, who) = one(random, PARTNERS);
        let requests = pages(self.world, &format!("/v1/partners/{{{partner}}}/access-requests")).await;
        let pending: Vec<_> = requests.into_iter().filter(|request| request["state"] == "pending").collect();
        let Some(request) = choose(random, &pending) else { return };
        let path = format!("/v1/access-requests/{}", text(&request["id"]));
        match random.u8(..5) {
            0 => drop(self.call(random, who, ("POST", &format!("{path}/cancel"))).await),
            1 => drop(self.post(random, "contactManager", &format!("{path}/decline"), json!({})).await),
            _ => {
                let body = json!({"autoExtend": random.bool()});
                self.post(random, "contactManager", &format!("{path}/approve"), body).await;
            }
        }
    }

    /// Revokes or relinquishes a grant, or lets it be extended.
    async fn end_grant(&self, random: &mut Rng) {
        let (organization, manager) =
            one(random, [("yamada", "contactManager"), ("bogazici", "otherContactManager")]);
        let of_partners = pages(self.world, &format!("/v1/organizations/{{{organization}}}/access")).await;
        let Some(access) = choose(random, &of_partners) else { return };
        let Some(grant) = choose(random, access["grants"].as_array().unwrap()) else { return };
        let partner = text(&access["partner"]["id"]);
        let path = format!("/v1/organizations/{{{organization}}}/access/{partner}/{}", text(&grant["id"]));
        let admin = PARTNERS.into_iter().find(|(name, _)| self.world.id(name) == partner).unwrap().1;
        let auto_extend = json!({"autoExtend": random.bool()});
        match random.u8(..3) {
            0 => drop(self.call(random, manager, ("DELETE", &path)).await),
            1 => drop(self.call(random, admin, ("POST", &format!("{path}/relinquish"))).await),
            _ => drop(self.patch(random, manager, &path, auto_extend).await),
        }
    }

    async fn change_directory(&self, random: &mut Rng) {
        if random.u8(..4) == 0 {
            let body = json!({"name": format!("Replay {}", self.next()), "partnerId": "{partner}"});
            let who = one(random, ["operator", "partnerAdmin"]);
            self.post(random, who, "/v1/organizations", body).await;
            return;
        }
        let (partner, organization) = (one(random, PARTNERS).0, one(random, ORGANIZATIONS));
        let path = format!("/v1/partners/{{{partner}}}/organizations/{{{organization}}}");
        let (who, method) =
            one(random, [("operator", "PUT"), ("operator", "DELETE"), ("contactManager", "DELETE")]);
        self.call(random, who, (method, &path)).await;
    }

    async fn change_customers(&self, random: &mut Rng) {
        let known = self.customers.lock().unwrap().clone();
        let name = format!("Replay {}", self.next());
        match choose(random, &known).filter(|_| random.bool()).map(|id| format!("/v1/customers/{id}")) {
            None => {
                let body = json!({"email": customer_email(random.u8(..4)), "name": name});
                let path = match random.u8(..6) {
                    0 => "/v1/customers".to_owned(),
                    _ => format!("/v1/organizations/{{{}}}/customers", one(random, ORGANIZATIONS)),
                };
                let reply = self.post(random, "operator", &path, body).await;
                if reply.status == 201 {
                    self.customers.lock().unwrap().push(text(&reply.body["id"]));
                }
            }
            Some(path) => {
                let manager = json!({"manager": random.bool()});
                match random.u8(..6) {
                    0 => drop(self.patch(random, "operator", &path, json!({"name": name})).await),
                    1 => drop(self.patch(random, "operator", &path, manager).await),
                    2 => drop(self.call(random, "operator", ("POST", &format!("{path}/disable"))).await),
                    3 => drop(self.call(random, "operator", ("POST", &format!("{path}/enable"))).await),
                    _ => drop(self.call(random, "operator", ("DELETE", &path)).await),
                }
            }
        }
    }

    async fn change_members(&self, random: &mut Rng) {
        let path = "/v1/partners/{partner}/members";
        if random.bool() {
            let email = format!("m{}@miyako.example", random.u8(..2));
            self.post(random, "partnerAdmin", path, json!({"email": email, "name": "M"})).await;
            return;
        }
        let all = pages(self.world, path).await;
        let new: Vec<_> = all.iter().filter(|member| text(&member["email"]).starts_with('m')).collect();
        if let Some(member) = choose(random, &new) {
            let path = format!("{path}/{}", text(&member["id"]));
            match random.u8(..3) {
                0 => self.call(random, "partnerAdmin", ("DELETE", &path)).await,
                1 => self.call(random, "partnerAdmin", ("POST", &format!("{path}/disable"))).await,
                _ => self.call(random, "partnerAdmin", ("POST", &format!("{path}/enable"))).await,
            };
        }
    }

    async fn change_contacts(&self, random: &mut Rng) {
        let Some((path, _)) = self.some_subscription(random).await else { return };
        let known = self.customers.lock().unwrap().clone();
        let who = match choose(random, &known) {
            Some(customer) if random.u8(..4) > 0 => customer.clone(),
            _ => guest_email(random.u8(..3)),
        };
        let method = one(random, ["PUT", "PUT", "DELETE"]);
        let method = if who.contains('@') { "DELETE" } else { method };
        self.call(random, "operator", (method, &format!("{path}/contacts/{}", who.replace('@', "%40"))))
            .await;
    }

    async fn set_up(&self, random: &mut Rng) {
        let organization = one(random, ORGANIZATIONS);
        let path = format!("/v1/organizations/{{{organization}}}/subscriptions");
        let all = pages(self.world, &path).await;
        let Some(subscription) = choose(random, &all) else { return };
        let email = guest_email(random.u8(..2));
        let person =
            json!({"sub": email, "email": email, "role": "customer", "org": self.world.id(organization)});
        let site = match random.bool() {
            true => json!({"organization": true}),
            false => json!({"new": {"url": format!("https://replay.example/{}", self.next())}}),
        };
        let call = self.world.post(&format!("{path}/{}/set-up", text(&subscription["id"])));
        let call = call.token(&self.world.token_of(person)).key(&self.next()).json(json!({"site": site}));
        self.send(random, call).await;
    }

    async fn change_entitlements(&self, random: &mut Rng) {
        let organization = one(random, ORGANIZATIONS);
        let path = format!("/v1/organizations/{{{organization}}}/entitlements");
        if random.u8(..3) == 0 {
            let mut body = json!({"productId": one(random, ["{product}", "{videoWall}"])});
            if random.bool() {
                body["endsAt"] = json!(one(random, ENDS));
            }
            let known = self.customers.lock().unwrap().clone();
            let owner = choose(random, &known).filter(|_| random.u8(..3) == 0);
            let path = owner.map_or(path, |customer| format!("/v1/customers/{customer}/entitlements"));
            self.post(random, "operator", &path, body).await;
            return;
        }
        let owned = pages(self.world, &format!("/v1/entitlements?organizationId={{{organization}}}")).await;
        // Only the details of an entitlement that a subscription gives can be changed.
        let Some(entitlement) = choose(random, &owned) else { return };
        let path = format!("{path}/{}", text(&entitlement["id"]));
        match random.u8(..4) {
            0 => drop(self.call(random, "operator", ("POST", &format!("{path}/end"))).await),
            1 => {
                let starts_at = one(random, [json!(null), json!("2026-01-06T00:00:00Z")]);
                let body = match random.bool() {
                    true => json!({"startsAt": starts_at, "endsAt": one(random, ENDS)}),
                    false => json!({ "startsAt": starts_at }),
                };
                self.patch(random, "operator", &path, body).await;
            }
            _ => {
                let body = json!({"details": {"Seats": {"values": [random.u32(1..1_000)]}}});
                self.patch(random, "operator", &format!("{path}/details"), body).await;
            }
        }
    }

    /// Changes one of the vendor's own objects, in one respect at a time.
    async fn change_catalog(&self, random: &mut Rng) {
        let name = format!("Replay {}", self.next());
        let code = format!("replay-{}", self.next());
        let lists = ["/v1/products", "/v1/detail-fields", "/v1/webhook-sources"];
        let list = one(random, lists);
        let archived = list != "/v1/webhook-sources" && random.u8(..3) == 0;
        let listed = if archived { format!("{list}?archived=true") } else { list.to_owned() };
        let mine: Vec<Value> = pages(self.world, &listed).await;
        let mine: Vec<_> = mine.iter().filter(|one| text(&one["name"]).starts_with("Replay")).collect();
        if let Some(object) = choose(random, &mine).filter(|_| random.u8(..4) > 0) {
            let path = format!("{list}/{}", text(&object["id"]));
            if list == "/v1/webhook-sources" {
                let verb = one(random, ["rotate-secret", "rotate-secret", "disable"]);
                self.call(random, "operator", ("POST", &format!("{path}/{verb}"))).await;
                return;
            }
            let body = if random.bool() { json!({"name": name}) } else { json!({"archived": random.bool()}) };
            self.patch(random, "operator", &path, body).await;
            return;
        }
        match random.u8(..6) {
            0 => {
                drop(self.post(random, "operator", "/v1/products", json!({"name": name, "code": code})).await)
            }
            1 => {
                let field = json!({"name": name, "type": {"name": "TEXT"}});
                self.post(random, "operator", "/v1/detail-fields", json!({"detailFields": [field]})).await;
            }
            2 => drop(self.post(random, "operator", "/v1/webhook-sources", json!({"name": name})).await),
            3 => {
                let body = json!({"code": code, "name": name, "term": "P1Y"});
                self.post(random, "operator", "/v1/license-types", body).await;
            }
            4 => drop(self.post(random, "operator", "/v1/partners", json!({"name": name})).await),
            _ => {
                let zone = one(random, ["Asia/Tokyo", "Europe/Istanbul", "UTC"]);
                let path = format!("/v1/organizations/{{{}}}", one(random, ORGANIZATIONS));
                self.patch(random, "operator", &path, json!({"timeZone": zone})).await;
            }
        }
    }
}

/// Returns a time in the hour before a run begins.
fn minute(minute: u64, second: u64) -> String {
    format!("2026-01-05T09:{minute:02}:{second:02}Z")
}

/// Returns the e-mail of a customer on record, who may be removed and added again.
fn customer_email(number: u8) -> String {
    format!("c{number}@replay.example")
}

/// Returns the e-mail of a contact that never has a record.
fn guest_email(number: u8) -> String {
    format!("guest{number}@replay.example")
}
