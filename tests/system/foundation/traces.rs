//! Isolation of parties: the answer to every read is searched for texts that belong only to parties other than
//! the caller's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use system::{World, canonical, items};

use crate::subscriptions::{created_ids, deactivate, line, order, send_message};

/// Returns a world in which two partners work for Yamada, each with subscriptions, sites, licenses, members and
/// a part in a service request; subscriptions of each partner are linked to subscriptions of the other.
async fn shared_customer() -> World {
    let world = World::with_random_ids().await;
    let by = async |who: &str, method: &str, path: &str, body: Value| -> Value {
        world.call(method, path).by(who).json(body).send().await.ok()
    };
    world.put("/v1/partners/{otherPartner}/organizations/{yamada}").by("operator").send().await.ok();
    let access = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "create",
        "individuals": [{"email": "emre@anadolu.example", "level": "update"}]});
    by("contactManager", "POST", "/v1/organizations/{yamada}/access", access).await;
    let asked = json!({"contactManagerEmail": "elif@bogazici.example", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "cc",
        "individuals": [{"email": "emre@anadolu.example", "level": "look"}]});
    by("otherPartnerAdmin", "POST", "/v1/partners/{otherPartner}/access-requests", asked).await;
    let contacts = json!([{"email": "haruto@yamada.example", "name": "Haruto Ono"}]);
    let theirs = |external: &str, more: Value| {
        let mut line =
            line("subscription", "VW-1", "C-1", json!({"externalId": external, "contacts": contacts}));
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    let lines = json!([theirs("T-1", json!({})), theirs("T-2", json!({"linkedTo": [0]}))]);
    let data = json!({"orderId": "SO-OTHER", "storeAccount": "ec-4712", "lines": lines});
    let sold =
        created_ids(&send_message(&world, "t1", "order.placed", "2026-01-05T09:59:00Z", data).await.ok());
    let migrated =
        json!({"subscription": {"externalId": "T-1"}, "url": "https://anadolu-site.example/yamada"});
    send_message(&world, "t2", "site.migrated", "2026-01-05T09:59:00Z", migrated).await.ok();
    // Miyako's subscription is transferred to Anadolu but stays linked to one that Miyako
    // still manages, and vice versa.
    for (name, account) in [("S-3", "ec-4712"), ("T-2", "ec-4711")] {
        let transferred = json!({"subscription": {"externalId": name}, "storeAccount": account});
        send_message(&world, name, "subscription.transferred", "2026-01-05T09:59:00Z", transferred)
            .await
            .ok();
    }
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "MIYAKO-1"}))]);
    order(&world, "SO-MIYAKO", lines).await.ok();
    let assigned =
        json!({"organizationId": "{yamada}", "lines": [{"licenseType": "edge-storage-1y", "quantity": 1}]});
    let assign =
        world.post("/v1/partners/{otherPartner}/license-assignments").by("otherPartnerMember").key("t");
    assign.json(assigned).send().await.ok();
    let request = "/v1/organizations/{yamada}/service-requests";
    let opened = json!({"subject": "Walls flicker", "description": "All of them.", "kind": "question", "primaryContact": "haruto@yamada.example"});
    let opened = by("otherPartnerAdmin", "POST", request, opened).await;
    let path = format!("{request}/{}", opened["id"].as_str().unwrap());
    by(
        "otherPartnerAdmin",
        "PUT",
        &format!("{path}/contacts/emre@anadolu.example"),
        json!({"role": "additional"}),
    )
    .await;
    by("otherPartnerMember", "POST", &format!("{path}/updates"), json!({"text": "Still."})).await;
    by("partnerAdmin", "PUT", &format!("{path}/contacts/aiko@miyako.example"), json!({"role": "additional"}))
        .await;
    // Each of the two deactivations includes subscriptions that the other partner manages.
    for id in [world.id("collection"), &sold[0]] {
        let down = deactivate(&world, "operator", "{yamada}", id).send().await.ok();
        assert!(down["count"].as_u64() > Some(1), "{down}");
    }
    world
}

/// Texts that reveal something, each with the parties that may read it.
type Traces = BTreeMap<String, BTreeSet<String>>;

fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

/// Returns the part of an id that ids of different kinds may share.
fn id_suffix(id: &str) -> String {
    id.split_once('_').map_or(id, |(_, id_suffix)| id_suffix).to_owned()
}

/// All items of the table, to be found by entity.
struct Table {
    items: Vec<Value>,
}

impl Table {
    async fn of(world: &World) -> Self {
        let items = items(&world.client, &world.table).await.into_values();
        Self { items: items.map(|item| serde_dynamo::from_item(item).unwrap()).collect() }
    }

    /// Returns the items of an entity. There must be some: for a renamed entity, the
    /// test would search for nothing.
    fn all<'a>(&'a self, entity: &'a str) -> impl Iterator<Item = &'a Value> {
        let mut items = self.items.iter().filter(move |item| item["entity"] == entity).peekable();
        assert!(items.peek().is_some(), "the table has no `{entity}`");
        items
    }

    /// Returns the ids of the partner that manages a subscription, and of its organization.
    fn parties_of_subscription(one: &Value) -> BTreeSet<String> {
        let transfer = &one["reported"]["transfer"];
        let buyer = if transfer.is_null() { one } else { transfer };
        [text(one, "organizationId"), text(buyer, "partnerId")].into()
    }

    /// Returns the texts that a subscription's first partner may read in its own
    /// history, even after a transfer.
    fn first_partner_texts(&self) -> Traces {
        let mut first_partner_texts = Traces::new();
        for one in self.all("subscription") {
            for trace in [id_suffix(&text(one, "id")), text(one, "orderId")] {
                first_partner_texts.entry(trace).or_default().insert(text(one, "partnerId"));
            }
        }
        first_partner_texts
    }

    fn partners_of(&self, organization: &str) -> BTreeSet<String> {
        let links = self.all("partner-organization").filter(|link| link["organizationId"] == organization);
        links.map(|link| text(link, "partnerId")).chain([organization.to_owned()]).collect()
    }

    fn traces(&self) -> Traces {
        let mut traces = Traces::new();
        let mut belongs = |texts: &[String], parties: BTreeSet<String>| {
            for trace in texts.iter().filter(|trace| !trace.is_empty()) {
                traces.entry(trace.clone()).or_default().extend(parties.clone());
            }
        };
        for partner in self.all("partner") {
            let id = text(partner, "id");
            let organizations = self.all("partner-organization").filter(|link| link["partnerId"] == id);
            let known = organizations.map(|link| text(link, "organizationId")).chain([id.clone()]).collect();
            belongs(&[id_suffix(&id), text(partner, "externalId"), text(partner, "name")], known);
        }
        for member in self.all("member") {
            let texts = [id_suffix(&text(member, "id")), text(member, "email"), text(member, "name")];
            belongs(&texts, [text(member, "partnerId")].into());
        }
        for organization in self.all("organization") {
            let id = text(organization, "id");
            belongs(&[id_suffix(&id), text(organization, "name")], self.partners_of(&id));
        }
        for customer in self.all("customer") {
            let texts = [id_suffix(&text(customer, "id")), text(customer, "email"), text(customer, "name")];
            belongs(&texts, self.partners_of(&text(customer, "organizationId")));
        }
        let (mut of_subscription, mut sites) = (BTreeMap::new(), 0);
        for one in self.all("subscription") {
            let parties = Self::parties_of_subscription(one);
            let texts = [id_suffix(&text(one, "id")), text(one, "externalId"), text(one, "orderId")];
            belongs(&texts, parties.clone());
            let target = &one["setUpTarget"];
            let (site, url) = (text(target, "siteId"), text(target, "url"));
            sites += usize::from(!site.is_empty());
            belongs(&[id_suffix(&site), url], parties.clone());
            of_subscription.insert(text(one, "id"), parties);
        }
        assert!(sites > 1, "subscriptions that are set up on sites");
        for one in self.all("entitlement") {
            let parties = match of_subscription.get(&text(one, "subscriptionId")) {
                Some(parties) => parties.clone(),
                None => self.partners_of(&text(one, "organizationId")),
            };
            belongs(&[id_suffix(&text(one, "id")), text(one, "number")], parties);
        }
        for access in self.all("access") {
            let parties: BTreeSet<String> =
                [text(access, "organizationId"), text(access, "partnerId")].into();
            for grant in access["grants"].as_array().unwrap() {
                belongs(&[id_suffix(&text(grant, "id"))], parties.clone());
            }
        }
        for request in self.all("access-request") {
            let addressee = self.all("customer").filter(|one| one["email"] == request["contactManagerEmail"]);
            let parties =
                addressee.map(|one| text(one, "organizationId")).chain([text(request, "partnerId")]);
            let texts: Vec<String> = request["individuals"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| text(one, "email"))
                .collect();
            let parties: BTreeSet<String> = parties.collect();
            belongs(&[id_suffix(&text(request, "id"))], parties.clone());
            // The addressee of a request learns for whom access is requested.
            belongs(&texts, parties.clone());
            let members =
                request["individuals"].as_array().into_iter().flatten().chain([&request["requestedBy"]]);
            for member in members {
                let record = self.all("member").find(|record| record["id"] == member["memberId"]);
                let name = record.map(|record| text(record, "name")).unwrap_or_default();
                belongs(
                    &[id_suffix(&text(member, "memberId")), text(member, "email"), name],
                    parties.clone(),
                );
            }
        }
        for one in self.all("license-assignment") {
            belongs(
                &[id_suffix(&text(one, "id"))],
                [text(one, "partnerId"), text(one, "organizationId")].into(),
            );
        }
        for one in self.all("service-request") {
            let organization = text(one, "organizationId");
            belongs(&[id_suffix(&text(one, "id")), text(one, "subject")], self.partners_of(&organization));
            let primary = &one["primaryContact"];
            for member in self.all("member").filter(|member| member["id"] == primary["memberId"]) {
                let texts = [id_suffix(&text(member, "id")), text(member, "email"), text(member, "name")];
                belongs(&texts, self.partners_of(&organization));
            }
        }
        traces
    }

    /// Returns the values of a path parameter: for `productId`, the id of each product.
    fn ids(&self, parameter: &str) -> BTreeSet<String> {
        let (entity, name) = match parameter {
            // Organizations without subscriptions contain nothing to be found.
            "organizationId" => ("subscription".to_owned(), "organizationId"),
            "number" => ("entitlement".to_owned(), "number"),
            "requestId" => ("access-request".to_owned(), "id"),
            "assignmentId" => ("license-assignment".to_owned(), "id"),
            "fieldId" => ("detail-field".to_owned(), "id"),
            "licenseType" => ("license-type".to_owned(), "code"),
            "sourceId" => ("webhook-source".to_owned(), "id"),
            other => {
                let entity = other.strip_suffix("Id").unwrap_or_else(|| panic!("which ids has `{other}`?"));
                let upper =
                    |c: char| if c.is_uppercase() { format!("-{}", c.to_lowercase()) } else { c.into() };
                (entity.chars().map(upper).collect(), "id")
            }
        };
        self.all(&entity).map(|item| text(item, name)).collect()
    }
}

/// Returns true if a text contains a trace other than as the end of a longer word.
fn contains_trace(body: &str, trace: &str) -> bool {
    let mut places = body.match_indices(trace);
    places.any(|(at, _)| !body[..at].ends_with(char::is_alphanumeric))
}

/// Returns every path of a template, with each existing id in place of its parameters.
fn paths(template: &str, table: &Table) -> Vec<String> {
    let Some((before, rest)) = template.split_once('{') else { return vec![template.to_owned()] };
    let (name, after) = rest.split_once('}').unwrap();
    let ids = table.ids(name).into_iter();
    ids.flat_map(|id| paths(&format!("{before}{id}{after}"), table)).collect()
}

/// Returns the queries with which a route is called.
fn queries(template: &str, table: &Table) -> Vec<String> {
    let emails =
        || table.all("member").chain(table.all("customer")).map(|one| text(one, "email").replace('@', "%40"));
    let partners = || table.all("partner").map(|one| text(one, "id"));
    match template {
        "/v1/service-requests" => {
            let of = table.ids("organizationId");
            let of: Vec<String> =
                of.into_iter().map(|of| format!("organizationId={of}")).chain(["".to_owned()]).collect();
            of.iter()
                .flat_map(|of| {
                    emails().map(move |email| format!("{of}&submittedBy={email}")).chain([of.clone()])
                })
                .collect()
        }
        "/v1/organizations/{organizationId}/access/resolve" => partners()
            .flat_map(|of| emails().map(move |email| format!("partnerId={of}&email={email}")))
            .collect(),
        "/v1/organizations/{organizationId}/subscriptions" => {
            vec![String::new(), "siteUrl=https://anadolu-site.example/yamada".to_owned()]
        }
        "/v1/organizations/{organizationId}/access-candidates" => {
            partners().map(|of| format!("partnerId={of}")).collect()
        }
        "/v1/partners" | "/v1/organizations" => vec![String::new(), "state=deactivated".to_owned()],
        "/v1/customers" => emails().map(|email| format!("email={email}")).collect(),
        "/v1/entitlements" => {
            table.all("product").map(|one| format!("productId={}", text(one, "id"))).collect()
        }
        _ => vec![String::new()],
    }
}

/// The loop proves for each read and each listed caller except the operator that the answer reveals nothing of
/// other parties. The name of another partner may stand in the service requests that both see, and nowhere
/// else. The operator finds every text, which proves that the search would find them.
#[tokio::test(flavor = "multi_thread")]
async fn reads_reveal_nothing_of_other_parties() {
    let world = shared_customer().await;
    let table = Table::of(&world).await;
    let (traces, first_partner_texts) = (table.traces(), table.first_partner_texts());
    let names: BTreeSet<String> = table.all("partner").map(|one| text(one, "name")).collect();
    let (mut found, mut leaks) = (BTreeSet::new(), BTreeSet::new());
    let mut answered = BTreeMap::<&str, usize>::new();
    for (who, party) in [
        ("operator", None),
        ("partnerAdmin", Some("partner")),
        ("partnerMember", Some("partner")),
        ("otherPartnerAdmin", Some("otherPartner")),
        ("otherPartnerMember", Some("otherPartner")),
        ("newPartnerAdmin", Some("newPartner")),
        ("otherContactManager", Some("bogazici")),
        ("otherCustomer", Some("bogazici")),
    ] {
        let party = party.map(|party| world.id(party).to_owned());
        for call in canonical::all().into_iter().filter(|call| call.reads() && !call.open()) {
            let template = call.route_key.split_once(' ').unwrap().1;
            let all = paths(template, &table).into_iter().flat_map(|path| {
                queries(template, &table).into_iter().map(move |query| format!("{path}?{query}&pageSize=100"))
            });
            for asked in all {
                let asked = if call.paged { asked } else { asked.replace("&pageSize=100", "") };
                let reply = world.get(asked.trim_end_matches(['?', '&'])).by(who).send().await;
                let body = reply.body.to_string();
                *answered.entry(who).or_default() += usize::from(reply.status == 200);
                let Some(party) = &party else {
                    found.extend(traces.keys().filter(|trace| body.contains(trace.as_str())).cloned());
                    continue;
                };
                // An answer may repeat what the caller sent.
                let said = asked.replace("%40", "@");
                let named = |trace: &str| template.contains("service-requests") && names.contains(trace);
                let had = |trace: &str| {
                    template == "/v1/partners/{partnerId}/history"
                        && first_partner_texts.get(trace).is_some_and(|parties| parties.contains(party))
                };
                let hidden =
                    traces.iter().filter(|(_, parties)| !parties.contains(party)).map(|(trace, _)| trace);
                for trace in
                    hidden.filter(|trace| contains_trace(&body, trace) && !contains_trace(&said, trace))
                {
                    if !named(trace) && !had(trace) {
                        leaks.insert(format!("{who} reads `{trace}` in {template}: {asked}"));
                    }
                }
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
    let not_found: Vec<_> = traces.keys().filter(|trace| !found.contains(*trace)).collect();
    assert!(not_found.is_empty(), "nowhere: {not_found:?}");
    assert!(answered.values().all(|count| *count > 10), "{answered:?}");
}
