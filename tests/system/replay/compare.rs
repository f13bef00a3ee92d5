//! What the API shows at the end of a run, and its comparison with the state that was rebuilt from the history.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::World;

use super::expected::{ANY, sorted};
use super::history::{Event, moment, pages};
use super::runs::{Run, text};
use super::state::subjects;
use super::{Fields, Objects};

/// State that the API shows, and its time.
pub struct Shown {
    pub objects: Objects,
    pub now: String,
}

/// Reads all that the API shows to an operator. Customers are found by the e-mails of the run, orders by the store's
/// own message, which is answered with the order and changes nothing.
pub async fn read(run: &Run<'_>) -> Shown {
    let world = run.world;
    let mut objects = Objects::new();
    for (key, fields) in read_orders(run).await {
        show(&mut objects, key, fields);
    }
    read_catalog(world, &mut objects).await;
    for state in ["active", "deactivated"] {
        for partner in pages(world, &format!("/v1/partners?state={state}")).await {
            read_partner(world, &text(&partner["id"]), &mut objects).await;
        }
        for organization in pages(world, &format!("/v1/organizations?state={state}")).await {
            let fields = pick(&organization, &["name", "timeZone", "deactivatedAt", "version"]);
            let id = text(&organization["id"]);
            show(&mut objects, format!("organization {id}"), fields);
            read_organization(world, &id, &mut objects).await;
        }
    }
    for email in run.emails() {
        for customer in pages(world, &format!("/v1/customers?email={}", email.replace('@', "%40"))).await {
            let fields = pick(&customer, &["organizationId", "manager", "disabledAt", "version"]);
            show(&mut objects, format!("customer {}", text(&customer["id"])), fields);
        }
    }
    Shown { objects, now: text(&world.get("/_local/time").send().await.ok()["now"]) }
}

fn show(objects: &mut Objects, key: String, fields: Value) {
    let Value::Object(fields) = fields else { panic!("{key} has fields") };
    let before = objects.insert(key.clone(), fields);
    assert!(before.is_none(), "{key} is shown twice: {before:?}");
}

/// Returns some fields of an object; `Null` for those that it does not have.
fn pick(one: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), one[name].clone())).collect::<Fields>().into()
}

/// Returns the object with a further field.
fn with(mut fields: Value, name: &str, value: Value) -> Value {
    fields[name] = value;
    fields
}

async fn read_catalog(world: &World, objects: &mut Objects) {
    for one in pages(world, "/v1/license-types").await {
        show(objects, format!("license-type {}", text(&one["code"])), pick(&one, &["name", "term"]));
    }
    for one in pages(world, "/v1/webhook-sources").await {
        let fields = pick(&one, &["name", "mayNamePartners", "secretVersion", "disabledAt", "version"]);
        show(objects, format!("source {}", text(&one["id"])), fields);
    }
    for one in pages(world, "/v1/parked-orders").await {
        let key = format!("parked {} {}", text(&one["sourceId"]), text(&one["orderId"]));
        show(objects, key, json!({"account": one["storeAccount"]}));
    }
    for archived in ["false", "true"] {
        for one in pages(world, &format!("/v1/detail-fields?archived={archived}")).await {
            let fields = with(pick(&one, &["name", "version"]), "archived", (archived == "true").into());
            let fields = with(fields, "type", one["type"]["name"].clone());
            show(objects, format!("field {}", text(&one["id"])), fields);
        }
        for one in pages(world, &format!("/v1/products?archived={archived}")).await {
            let fields =
                with(pick(&one, &["name", "code", "version"]), "archived", (archived == "true").into());
            show(objects, format!("product {}", text(&one["id"])), fields);
            for owned in pages(world, &format!("/v1/entitlements?productId={}", text(&one["id"]))).await {
                let names = [
                    "productId",
                    "organizationId",
                    "customerId",
                    "subscriptionId",
                    "startsAt",
                    "endsAt",
                    "endedAt",
                    "suspendedAt",
                    "status",
                    "version",
                ];
                let fields = with(pick(&owned, &names), "changedAt", owned["detailsChanged"]["at"].clone());
                show(objects, format!("entitlement {}", text(&owned["id"])), fields);
            }
        }
    }
}

async fn read_partner(world: &World, id: &str, objects: &mut Objects) {
    let path = format!("/v1/partners/{id}");
    let partner = world.get(&path).by("operator").send().await.ok();
    let store = match &partner["store"] {
        Value::Null => Value::Null,
        link => pick(link, &["sourceId", "account"]),
    };
    show(
        objects,
        format!("partner {id}"),
        with(pick(&partner, &["name", "externalId", "deactivatedAt"]), "store", store),
    );
    let listed = pages(world, &format!("{path}/organizations")).await;
    for entry in listed.iter().filter(|entry| entry["inDirectory"] == true) {
        show(objects, format!("directory {id} {}", text(&entry["organizationId"])), json!({}));
    }
    for member in pages(world, &format!("{path}/members")).await {
        let fields = pick(&member, &["partnerId", "admin", "disabledAt", "version"]);
        show(objects, format!("member {}", text(&member["id"])), fields);
    }
    for request in pages(world, &format!("{path}/access-requests")).await {
        let fields = pick(&request, &["partnerId", "organizationId", "state", "version"]);
        show(objects, format!("request {}", text(&request["id"])), fields);
    }
    let pools = world.get(&format!("{path}/license-pools")).by("operator").send().await.ok();
    for pool in pools["items"].as_array().unwrap() {
        let fields = pick(pool, &["available", "assigned", "purchased", "threshold", "low"]);
        show(objects, format!("pool {id} {}", text(&pool["licenseType"])), fields);
    }
}

async fn read_organization(world: &World, id: &str, objects: &mut Objects) {
    let path = format!("/v1/organizations/{id}");
    for one in pages(world, &format!("{path}/licenses?expired=true")).await {
        let lines = one["lines"].as_array().unwrap().iter();
        let lines: Fields =
            lines.map(|line| (text(&line["licenseType"]), line["quantity"].clone())).collect();
        let fields = with(pick(&one, &["partnerId", "from"]), "lines", lines.into());
        let fields = with(fields, "organizationId", id.into());
        show(objects, format!("assignment {}", text(&one["assignmentId"])), fields);
    }
    for access in pages(world, &format!("{path}/access")).await {
        for grant in access["grants"].as_array().unwrap() {
            let mut fields = pick(grant, &["level", "expiresAt", "state", "endedAt", "autoExtend"]);
            fields["partnerId"] = access["partner"]["id"].clone();
            fields["organizationId"] = access["organization"]["id"].clone();
            fields["memberId"] = grant["individual"]["memberId"].clone();
            fields["individual"] = (!grant["individual"].is_null()).into();
            show(objects, format!("grant {}", text(&grant["id"])), fields);
        }
    }
    for site in pages(world, &format!("{path}/sites")).await {
        let fields = pick(&site, &["organizationId", "url"]);
        show(objects, format!("site {}", text(&site["id"])), fields);
    }
    let listed = pages(world, &format!("{path}/subscriptions")).await;
    let details = listed.iter().map(|one| async {
        world.get(&format!("{path}/subscriptions/{}", text(&one["id"]))).by("operator").send().await.ok()
    });
    for one in join_all(details).await {
        show(objects, format!("subscription {}", text(&one["id"])), subscription(&one));
    }
}

/// Returns the fields of a subscription that are compared.
fn subscription(one: &Value) -> Value {
    let mut fields = pick(
        one,
        &[
            "organizationId",
            "partnerId",
            "productId",
            "sku",
            "plan",
            "quantity",
            "startsAt",
            "endsAt",
            "entitlementId",
            "activeUsers",
            "status",
            "setUpDue",
            "cancelledAt",
            "endedAt",
            "suspendedAt",
            "suspensionReason",
            "contacts",
        ],
    );
    for name in ["linked", "parents", "apps"] {
        fields[name] = sorted(&one[name]).into();
    }
    fields["site"] = match (&one["site"]["siteId"], &one["site"]["organization"]) {
        (Value::String(id), _) => id.as_str().into(),
        (_, Value::Bool(true)) => "organization".into(),
        _ => Value::Null,
    };
    fields["deactivation"] = match &one["deactivation"] {
        Value::Null => Value::Null,
        deactivation => pick(deactivation, &["at", "cause", "reason"]),
    };
    fields
}

/// Returns the orders of the run that arrived.
async fn read_orders(run: &Run<'_>) -> Vec<(String, Value)> {
    let mut shown = Vec::new();
    for (name, reply) in run.repeat_arrived_orders("shown").await {
        assert!(
            reply.status < 300,
            "the order {name} arrived, and its repeat is answered {} {}",
            reply.status,
            reply.body
        );
        let order = &reply.body["order"];
        let lines = order["lines"].as_array().into_iter().flatten();
        let credited = lines.filter(|line| line["credited"] != 0);
        let credited: Fields =
            credited.map(|line| (text(&line["licenseType"]), line["credited"].clone())).collect();
        let sold: Vec<&Value> = order["subscriptions"].as_array().into_iter().flatten().collect();
        let created = sold.iter().filter(|one| !one["subscriptionId"].is_null());
        let created: Vec<_> = created.map(|one| one["subscriptionId"].clone()).collect();
        let ignored = (0..sold.len()).filter(|line| !sold[*line]["ignored"].is_null());
        let fields = json!({
            "status": order["status"], "sequence": order["sequence"], "credited": credited, "subscriptions": created,
            "ignoredLines": ignored.collect::<Vec<_>>(), "account": order["storeAccount"],
            "cancelledAt": order["cancelledAt"],
        });
        shown.push((format!("order {} {name}", text(&order["sourceId"])), fields));
    }
    shown
}

/// Returns what differs between the replay and the API, each with the object, both versions of it, and its events.
pub fn differences(expected: &Objects, shown: &Shown, events: &[Event]) -> Vec<String> {
    let keys: BTreeSet<&String> = expected.keys().chain(shown.objects.keys()).collect();
    let mut differences = Vec::new();
    for key in keys {
        let what = match (expected.get(key), shown.objects.get(key)) {
            (Some(expected), Some(shown)) => {
                let wrong = differing(expected, shown);
                if wrong.is_empty() {
                    continue;
                }
                wrong.join("; ")
            }
            (Some(expected), None) if may_be_hidden(key, expected, shown) => continue,
            (Some(expected), None) => format!("the API does not show it; by the replay it is {expected:?}"),
            (None, shown) => format!("it is not in the history; the API shows {shown:?}"),
        };
        let subject = key.replacen("parked ", "order ", 1);
        // A subscription and its entitlement share their UUID.
        let uuid = key.rsplit('_').next().unwrap_or_default();
        let ids = ["sub", "ent"].map(|kind| format!("{kind}_{uuid}"));
        let names_it = |event: &Event| ids.iter().any(|id| event.data.to_string().contains(id));
        let about = |event: &&Event| subjects(event).contains(&subject) || names_it(event);
        let lines: Vec<String> = events.iter().filter(about).map(line_of).collect();
        differences.push(format!("{key}: {what}\n    {}", lines.join("\n    ")));
    }
    differences
}

/// Returns an event as one line.
pub fn line_of(event: &Event) -> String {
    let Event { id, time, kind, data, partner, organization, version } = event;
    let [partner, organization] = [partner, organization].map(|party| party.as_deref().unwrap_or("-"));
    let version = version.map_or("-".to_owned(), |version| version.to_string());
    format!("{time} {id} {kind} v{version} {partner} {organization} {data}")
}

/// Orders are shown only if their message can be repeated; of a partner's ended grants, the last 20.
fn may_be_hidden(key: &str, expected: &Fields, shown: &Shown) -> bool {
    if key.starts_with("grant ") && expected["state"] != "active" {
        let same = |grant: &&Fields| {
            let party = |name: &str| grant.get(name) == expected.get(name);
            party("partnerId") && party("organizationId") && grant["state"] != "active"
        };
        let grants = shown.objects.iter().filter(|(key, _)| key.starts_with("grant "));
        return grants.map(|(_, grant)| grant).filter(same).count() >= 20;
    }
    key.starts_with("order ")
}

/// Returns the fields that differ.
fn differing(expected: &Fields, shown: &Fields) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, wanted) in expected {
        let value = shown.get(name).cloned().unwrap_or_default();
        if !agrees(name, wanted, &value) {
            wrong.push(format!("`{name}` is {wanted} by the replay, and the API shows {value}"));
        }
    }
    wrong
}

fn agrees(name: &str, wanted: &Value, shown: &Value) -> bool {
    if let Some(alternatives) = wanted["oneOf"].as_array() {
        return alternatives.iter().any(|wanted| agrees(name, wanted, shown));
    }
    match (wanted["recordedAt"].as_str(), shown.as_str()) {
        (Some(recorded), Some(shown)) => (0..1_000).contains(&(moment(recorded) - moment(shown))),
        (Some(_), None) => false,
        _ if name == "contacts" => are_same_contacts(wanted, shown),
        _ => wanted == ANY || wanted == shown,
    }
}

/// Returns whether the API shows exactly these contacts, each of which an event names by its record or by its e-mail.
fn are_same_contacts(wanted: &Value, shown: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (wanted, shown) = (list(wanted), list(shown));
    let same = |one: &Value, other: &Value| {
        let equal = |name: &str| !one[name].is_null() && one[name] == other[name];
        equal("customerId") || equal("email")
    };
    wanted.len() == shown.len() && wanted.iter().all(|one| shown.iter().any(|other| same(one, other)))
}
