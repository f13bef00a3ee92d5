//! State that is rebuilt from events. Each type of event is handled; an unknown one is a fault.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::history::Event;
use super::{Fields, Objects, pools, recorded_at};

/// Returns whether an event says nothing that the replay rebuilds.
pub fn carries_no_state(event: &Event) -> bool {
    match event.kind.as_str() {
        // Reminders and notices.
        "access.expiring" | "due-work.failed" => true,
        // Messages without an effect, or whose effect comes with a later event.
        "subscription.message-ignored" | "subscription.message-pending" => true,
        kind if kind.starts_with("webhook.") => true,
        // A withdrawal from a pool in which nothing was left.
        "license.withdrawn" => event.number("quantity") == 0,
        // Values of detail fields, service requests and preferences are not rebuilt.
        "details.imported" | "details.import-aborted" | "notification-preference.set" => true,
        // Names, languages and time zones of people are not in events, and the vendor's staff is not rebuilt.
        "staff.updated" => true,
        // What ends with an erased person has events of its own.
        "person.erased" => true,
        kind => kind.starts_with("service-request."),
    }
}

/// Returns the objects that an event is about, the main one first.
pub fn subjects(event: &Event) -> Vec<String> {
    let of = |kind: &str, name: &str| format!("{kind} {}", event.text(name));
    let order = || format!("order {} {}", event.text("sourceId"), event.text("orderId"));
    let pool = || format!("pool {} {}", event.partner(), event.text("licenseType"));
    let kind = event.kind.as_str();
    match kind {
        "partner.created"
        | "partner.deactivated"
        | "partner.restored"
        | "store.linked"
        | "store.unlinked" => vec![format!("partner {}", event.partner())],
        "organization.created"
        | "organization.updated"
        | "organization.deactivated"
        | "organization.restored" => {
            vec![format!("organization {}", event.organization())]
        }
        "partner.organization-added" | "partner.organization-removed" => {
            vec![format!("directory {} {}", event.partner(), event.organization())]
        }
        "license-type.created" => vec![of("license-type", "licenseType")],
        "webhook-source.created" | "webhook-source.secret-rotated" | "webhook-source.disabled" => {
            vec![of("source", "sourceId")]
        }
        "license.credited" | "license.withdrawn" => vec![pool(), order()],
        "license.assigned" => vec![of("assignment", "assignmentId"), pool()],
        "license.pool-threshold-set" | "license.pool-low" => vec![pool()],
        "site.created" => vec![of("site", "siteId")],
        "subscription.message-pending" => Vec::new(),
        "site.migrated" => vec![of("subscription", "subscriptionId")],
        "subscription.ordered" => vec![of("subscription", "subscriptionId"), order()],
        "subscription.cancelled" => vec![of("subscription", "subscriptionId"), order()],
        "access.requested" | "access.approved" | "access.declined" | "access.cancelled" | "access.lapsed" => {
            vec![of("request", "requestId")]
        }
        "contact.manager-changed" => vec![of("customer", "customerId")],
        "detail-fields.created" => {
            let fields = event.data["fields"].as_array().into_iter().flatten();
            fields.map(|field| format!("field {}", field["id"].as_str().unwrap_or_default())).collect()
        }
        _ if kind.starts_with("order.") => vec![order()],
        _ if kind.starts_with("subscription.") => vec![of("subscription", "subscriptionId")],
        _ if kind.starts_with("access.") => vec![of("grant", "grantId")],
        _ if kind.starts_with("customer.") => vec![of("customer", "customerId")],
        _ if kind.starts_with("member.") => vec![of("member", "memberId")],
        _ if kind.starts_with("product.") => vec![of("product", "productId")],
        _ if kind.starts_with("detail-field.") => vec![of("field", "fieldId")],
        _ if kind.starts_with("entitlement.") => vec![of("entitlement", "entitlementId")],
        _ => Vec::new(),
    }
}

/// State after some events.
#[derive(Default)]
pub struct Replay {
    pub objects: Objects,
    /// Customers who were removed or are disabled.
    pub removed: BTreeSet<String>,
    /// What no state explains: events of unknown types, about unknown objects, or that change nothing.
    pub faults: Vec<String>,
}

/// Rebuilds the state after these events.
pub fn rebuild(events: &[Event]) -> Replay {
    let mut replay = Replay::default();
    check_versions(&mut replay, events);
    for event in events {
        replay.apply(event);
    }
    pools::check(&mut replay, events);
    replay
}

/// Each event of an object with a version carries it. The versions never decrease, and no two events of the same type
/// have the same one, except those of different lines of an order.
fn check_versions(replay: &mut Replay, events: &[Event]) {
    const WITH_VERSION: [&str; 11] = [
        "organization",
        "source",
        "product",
        "field",
        "customer",
        "entitlement",
        "member",
        "request",
        "subscription",
        "directory",
        "order",
    ];
    let (mut latest, mut seen) = (BTreeMap::<String, u64>::new(), BTreeSet::new());
    for event in events {
        let Some(subject) = subjects(event).into_iter().next() else { continue };
        let object = match subject.split(' ').next().unwrap_or_default() {
            // The events of grants carry the version of all access of the partner in the organization.
            "grant" => format!("access {} {}", event.partner(), event.organization()),
            kind if WITH_VERSION.contains(&kind) => subject.clone(),
            _ => continue,
        };
        let Some(version) = event.version else {
            // They are about several objects, or change nothing.
            if ["detail-fields.created", "subscription.message-ignored"].contains(&event.kind.as_str()) {
                continue;
            }
            replay.fault(event, &format!("it has no version of {object}"));
            continue;
        };
        let before = latest.insert(object.clone(), version).unwrap_or_default();
        if before > version {
            replay.fault(event, &format!("{object} had version {before} already"));
        }
        let key = (event.kind.clone(), subject, version, event.data["line"].as_u64());
        if !carries_no_state(event) && !seen.insert(key) {
            replay.fault(event, &format!("a second event of this type for version {version} of {object}"));
        }
    }
}

impl Replay {
    fn fault(&mut self, event: &Event, what: &str) {
        self.faults.push(format!("{} ({} {}): {what}", event.kind, event.id, event.data));
    }

    fn create(&mut self, event: &Event, key: String, fields: Value) {
        let Value::Object(fields) = fields else { panic!("{key} has fields") };
        if self.objects.contains_key(&key) {
            return self.fault(event, &format!("{key} is there already"));
        }
        self.objects.insert(key, fields);
    }

    fn remove(&mut self, event: &Event, key: &str) {
        if self.objects.remove(key).is_none() {
            self.fault(event, &format!("{key} is not there"));
        }
    }

    /// Returns the field of an object; `Null` after a fault if the object is unknown.
    fn get(&mut self, event: &Event, key: &str, name: &str) -> Value {
        match self.objects.get(key) {
            Some(object) => object.get(name).cloned().unwrap_or_default(),
            None => {
                self.fault(event, &format!("{key} is not there"));
                Value::Null
            }
        }
    }

    fn put(&mut self, key: &str, name: &str, value: Value) {
        if let Some(object) = self.objects.get_mut(key) {
            object.insert(name.to_owned(), value);
        }
    }

    /// Changes a field of an object, which must change it.
    fn set(&mut self, event: &Event, key: &str, name: &str, value: Value) {
        if self.objects.contains_key(key) && self.get(event, key, name) == value {
            self.fault(event, &format!("`{name}` of {key} is {value} already"));
        }
        self.get(event, key, name);
        self.put(key, name, value);
    }

    /// Changes a field of an object from this value.
    fn set_from(&mut self, event: &Event, key: &str, name: &str, from: &[Value], to: Value) {
        let before = self.get(event, key, name);
        if self.objects.contains_key(key) && !from.contains(&before) {
            self.fault(event, &format!("`{name}` of {key} is {before}"));
        }
        self.put(key, name, to);
    }

    /// Counts one more version of an object.
    fn count(&mut self, event: &Event, key: &str) {
        let version = self.get(event, key, "version").as_u64().unwrap_or_default();
        self.put(key, "version", (version + 1).into());
    }

    /// Counts one more version of an object, if the replay knows its version.
    fn count_version(&mut self, event: &Event, key: &str) {
        if self.objects.get(key).is_some_and(|object| object.contains_key("version")) {
            self.count(event, key);
        }
    }

    fn add(&mut self, key: &str, name: &str, amount: i64) {
        if let Some(object) = self.objects.get_mut(key) {
            let sum = object.get(name).and_then(Value::as_i64).unwrap_or_default() + amount;
            object.insert(name.to_owned(), sum.into());
        }
    }

    fn apply(&mut self, event: &Event) {
        let subjects = subjects(event);
        let main = subjects.first().cloned().unwrap_or_default();
        let other = subjects.get(1).cloned().unwrap_or_default();
        if carries_no_state(event) {
            return;
        }
        let kind = event.kind.as_str();
        let area = kind.split('.').next().unwrap_or_default();
        let known = match area {
            "partner" | "organization" | "store" | "customer" | "contact" | "member" => {
                self.party(event, &main)
            }
            "license-type" | "webhook-source" | "product" | "detail-fields" | "detail-field" => {
                self.catalog(event, &main)
            }
            "license" | "order" => self.order(event, &main, &other),
            "subscription" | "site" => self.subscription(event, &main, &other),
            "entitlement" => self.entitlement(event, &main),
            "access" => self.access(event, &main),
            _ => false,
        };
        if !known {
            self.fault(
                event,
                "the replay does not know this type: say in `tests/system/replay/state.rs` what it means",
            );
        }
    }

    fn party(&mut self, event: &Event, main: &str) -> bool {
        let data = |name: &str| event.data[name].clone();
        match event.kind.as_str() {
            "partner.created" => {
                let fields = json!({
                    "name": data("name"), "externalId": data("externalId"), "store": null, "deactivatedAt": null,
                });
                self.create(event, main.to_owned(), fields);
            }
            "store.linked" => {
                let link = json!({"sourceId": data("sourceId"), "account": data("account")});
                self.set_from(event, main, "store", &[Value::Null], link);
            }
            "store.unlinked" => {
                let link = json!({"sourceId": data("sourceId"), "account": data("account")});
                self.set_from(event, main, "store", &[link], Value::Null);
            }
            "partner.deactivated" | "organization.deactivated" => {
                self.set_from(event, main, "deactivatedAt", &[Value::Null], recorded_at(&event.time));
                self.count_version(event, main);
            }
            "partner.restored" | "organization.restored" => {
                self.set(event, main, "deactivatedAt", Value::Null);
                self.count_version(event, main);
            }
            "organization.created" => {
                let fields = json!({
                    "name": data("name"), "timeZone": data("timeZone"), "deactivatedAt": null, "version": 1,
                });
                self.create(event, main.to_owned(), fields);
            }
            "organization.updated" => {
                self.set(event, main, "timeZone", data("timeZone"));
                self.count(event, main);
            }
            "partner.organization-added" => {
                self.create(event, main.to_owned(), json!({}));
            }
            "partner.organization-removed" => self.remove(event, main),
            "customer.created" => {
                let fields = json!({"organizationId": event.organization, "manager": data("manager"), "disabledAt": null, "version": 1});
                self.create(event, main.to_owned(), fields);
            }
            "customer.updated" => self.count(event, main),
            "contact.manager-changed" => {
                self.set(event, main, "manager", data("manager"));
                self.count(event, main);
            }
            "customer.removed" => {
                self.remove(event, main);
                self.removed.insert(event.text("customerId").to_owned());
            }
            "member.added" => {
                let fields = json!({"partnerId": event.partner, "admin": data("admin"), "disabledAt": null, "version": 1});
                self.create(event, main.to_owned(), fields);
            }
            "member.removed" => self.remove(event, main),
            "member.updated" => self.count(event, main),
            "customer.moved-out" => {
                self.set_from(event, main, "organizationId", &[json!(event.organization)], json!("moving"));
                self.put(main, "manager", false.into());
                self.removed.insert(event.text("customerId").to_owned());
            }
            "customer.moved-in" => {
                self.set_from(event, main, "organizationId", &[json!("moving")], json!(event.organization));
                self.count(event, main);
            }
            "customer.disabled" | "member.disabled" => {
                self.set_from(event, main, "disabledAt", &[Value::Null], recorded_at(&event.time));
                self.count(event, main);
                self.removed.extend(event.data["customerId"].as_str().map(str::to_owned));
            }
            "customer.enabled" | "member.enabled" => {
                self.set(event, main, "disabledAt", Value::Null);
                self.count(event, main);
                self.removed.remove(event.text("customerId"));
            }
            _ => return false,
        }
        true
    }

    fn catalog(&mut self, event: &Event, main: &str) -> bool {
        let data = |name: &str| event.data[name].clone();
        match event.kind.as_str() {
            "license-type.created" => {
                self.create(event, main.to_owned(), json!({"name": data("name"), "term": data("term")}));
            }
            "webhook-source.created" => {
                let fields = json!({
                    "name": data("name"), "mayNamePartners": data("mayNamePartners"), "secretVersion": 1,
                    "disabledAt": null, "version": 1,
                });
                self.create(event, main.to_owned(), fields);
            }
            "webhook-source.secret-rotated" => {
                let next = event.number("secretVersion");
                self.set_from(event, main, "secretVersion", &[json!(next - 1)], json!(next));
                self.count(event, main);
            }
            "webhook-source.disabled" => {
                self.set_from(event, main, "disabledAt", &[Value::Null], recorded_at(&event.time));
                self.count(event, main);
            }
            "product.created" => {
                let fields =
                    json!({"name": data("name"), "code": data("code"), "archived": false, "version": 1});
                self.create(event, main.to_owned(), fields);
            }
            "product.updated" => {
                self.get(event, main, "name");
                self.put(main, "name", data("name"));
                self.put(main, "code", data("code"));
                self.count(event, main);
            }
            "detail-fields.created" => {
                for field in event.data["fields"].as_array().unwrap() {
                    let fields = json!({
                        "name": field["name"], "type": field["type"], "archived": false, "version": 1,
                    });
                    self.create(event, format!("field {}", field["id"].as_str().unwrap()), fields);
                }
            }
            "detail-field.updated" => {
                self.get(event, main, "name");
                self.put(main, "name", data("fieldName"));
                self.count(event, main);
            }
            "product.archived" | "detail-field.archived" => {
                self.set(event, main, "archived", true.into());
                self.count(event, main);
            }
            "product.restored" | "detail-field.restored" => {
                self.set(event, main, "archived", false.into());
                self.count(event, main);
            }
            _ => return false,
        }
        true
    }

    /// Creates the order of an event, if this is its first.
    fn order_of(&mut self, key: &str) {
        let none = json!({
            "status": "awaited", "sequence": 0, "credited": {}, "subscriptions": [], "ignoredLines": [],
            "account": null, "cancelledAt": null,
        });
        let Value::Object(none) = none else { unreachable!() };
        self.objects.entry(key.to_owned()).or_insert(none);
    }

    /// An order whose lines take effect is applied, unless it was cancelled before.
    fn order_takes_effect(&mut self, event: &Event, key: &str) {
        self.order_of(key);
        if ["awaited", "parked"].map(Value::from).contains(&self.get(event, key, "status")) {
            self.put(key, "status", "applied".into());
        }
    }

    /// Creates the pool of an event, if this is its first: a concurrent assignment may have an earlier id than the credit.
    fn pool_of(&mut self, key: &str) {
        let none = json!({"available": 0, "assigned": 0, "threshold": null});
        let Value::Object(none) = none else { unreachable!() };
        self.objects.entry(key.to_owned()).or_insert(none);
    }

    fn credit(&mut self, event: &Event, order: &str, pool: &str, quantity: i64) {
        self.pool_of(pool);
        self.add(pool, "available", quantity);
        self.order_takes_effect(event, order);
        let license_type = event.text("licenseType");
        if let Some(Value::Object(credited)) =
            self.objects.get_mut(order).and_then(|order| order.get_mut("credited"))
        {
            let sum = credited.get(license_type).and_then(Value::as_i64).unwrap_or_default() + quantity;
            credited.insert(license_type.to_owned(), sum.into());
        }
    }

    fn order(&mut self, event: &Event, main: &str, other: &str) -> bool {
        if main.starts_with("order ") {
            self.order_of(main);
        }
        let account = event.data["account"].clone();
        let parked = [Value::from("parked")];
        match event.kind.as_str() {
            "license.credited" => self.credit(event, other, main, event.number("quantity")),
            "license.withdrawn" => self.credit(event, other, main, -event.number("quantity")),
            "license.pool-threshold-set" => {
                self.set(event, main, "threshold", event.data["threshold"].clone())
            }
            // It is compared with the changes of its pool, in the order in which they explain it.
            "license.pool-low" => drop(self.get(event, main, "threshold")),
            "license.assigned" => {
                let (license_type, quantity) = (event.text("licenseType"), event.number("quantity"));
                if !self.objects.contains_key(main) {
                    let fields = json!({
                        "partnerId": event.partner, "organizationId": event.organization, "from": event.time,
                        "lines": {},
                    });
                    self.create(event, main.to_owned(), fields);
                }
                let lines = self
                    .objects
                    .get_mut(main)
                    .and_then(|one| one.get_mut("lines"))
                    .and_then(Value::as_object_mut);
                if lines.is_some_and(|lines| lines.insert(license_type.to_owned(), quantity.into()).is_some())
                {
                    self.fault(event, "the assignment has this line already");
                }
                self.pool_of(other);
                self.add(other, "available", -quantity);
                self.add(other, "assigned", quantity);
            }
            "order.changed" => {
                let (before, sequence) = (self.get(event, main, "sequence"), event.number("sequence"));
                if before.as_i64() >= Some(sequence) {
                    self.fault(event, &format!("the order has change {before} already"));
                }
                self.put(main, "sequence", sequence.into());
            }
            // An order that arrives takes back an earlier change that names other lines; the number of any other ignored
            // change is stored.
            "order.change-ignored" => {
                let (before, sequence) = (self.get(event, main, "sequence"), event.number("sequence"));
                if before.as_i64() > Some(sequence) {
                    self.fault(event, &format!("the order has change {before} already"));
                }
                let is_taken_back = before == sequence;
                self.put(main, "sequence", if is_taken_back { 0 } else { sequence }.into());
            }
            "order.cancelled" => {
                // It comes again if an earlier cancellation is reported.
                let before = self.get(event, main, "cancelledAt");
                if before.as_str().is_some_and(|before| before <= event.text("cancelledAt")) {
                    self.fault(event, "an earlier cancellation of the order is known");
                }
                self.set(event, main, "cancelledAt", event.data["cancelledAt"].clone());
                let from = ["awaited", "parked", "applied", "cancelled"].map(Value::from);
                self.set_from(event, main, "status", &from, "cancelled".into());
            }
            "order.parked" => {
                self.set_from(event, main, "account", &[Value::Null], account);
                self.set_from(event, main, "status", &[Value::from("awaited")], "parked".into());
            }
            "order.discarded" => self.set_from(event, main, "status", &parked, "discarded".into()),
            "order.lapsed" => self.set_from(event, main, "status", &parked, "lapsed".into()),
            "order.line-ignored" => {
                self.order_takes_effect(event, main);
                // A later change of an ignored line is ignored, too.
                if !self.get(event, main, "ignoredLines").as_array().unwrap().contains(&event.data["line"]) {
                    self.push(event, main, "ignoredLines", event.data["line"].clone());
                }
            }
            _ => return false,
        }
        true
    }

    fn push(&mut self, event: &Event, key: &str, name: &str, value: Value) {
        let mut list = self.get(event, key, name).as_array().cloned().unwrap_or_default();
        if list.contains(&value) {
            self.fault(event, &format!("`{name}` of {key} has {value} already"));
        }
        list.push(value);
        self.put(key, name, list.into());
    }

    fn subscription(&mut self, event: &Event, main: &str, order: &str) -> bool {
        let data = |name: &str| event.data[name].clone();
        match event.kind.as_str() {
            "site.created" => {
                let fields = json!({"organizationId": event.organization, "url": data("url")});
                self.create(event, main.to_owned(), fields);
            }
            "subscription.ordered" => self.order_subscription(event, main, order),
            "subscription.changed" => {
                let of = |replay: &mut Self| {
                    [replay.get(event, main, "plan"), replay.get(event, main, "quantity")]
                };
                if of(self) == [data("plan"), data("quantity")] {
                    self.fault(event, "the plan and the quantity are those of before");
                }
                self.put(main, "plan", data("plan"));
                self.put(main, "quantity", data("quantity"));
            }
            // It changes the end or the cancellation that counts; a renewal after a cancellation may shorten the term.
            "subscription.renewed" => {
                let of =
                    |replay: &mut Self| ["endsAt", "cancelledAt"].map(|name| replay.get(event, main, name));
                if of(self) == [data("endsAt"), data("cancelledAt")] {
                    self.fault(event, "the end and the cancellation are those of before");
                }
                self.put(main, "endsAt", data("endsAt"));
                self.put(main, "cancelledAt", data("cancelledAt"));
            }
            "subscription.cancelled" => {
                if event.text("cancelledAt").is_empty() {
                    self.fault(event, "it has no `cancelledAt`");
                }
                self.set(event, main, "cancelledAt", data("cancelledAt"));
            }
            "subscription.suspended" => {
                let suspension = json!({"at": data("suspendedAt"), "reason": data("reason")});
                self.set(event, main, "suspension", suspension);
            }
            "subscription.resumed" => self.set(event, main, "suspension", Value::Null),
            "subscription.transferred-away" => {
                let partner = json!(event.partner);
                self.set_from(event, main, "partnerId", std::slice::from_ref(&partner), partner.clone());
                self.set_from(event, main, "left", &[Value::Null], partner);
            }
            "subscription.transferred" => {
                let (before, left) = (self.get(event, main, "partnerId"), self.get(event, main, "left"));
                if before != left {
                    self.fault(
                        event,
                        &format!("partner {before} managed it, and by the events {left} had left"),
                    );
                }
                self.put(main, "left", Value::Null);
                self.set(event, main, "partnerId", json!(event.partner));
            }
            "subscription.usage-reported" => {
                let mark = |usage: &Value| (usage[0].as_i64(), usage[1].as_i64());
                let (before, usage) =
                    (self.get(event, main, "usage"), json!([data("sequence"), data("activeUsers")]));
                if mark(&before) >= mark(&usage) {
                    self.fault(event, &format!("the latest report was {before}"));
                }
                self.put(main, "usage", usage);
            }
            "subscription.set-up" => {
                let place = match event.data["siteId"].as_str() {
                    Some(site) => self.known_site(event, site),
                    None => json!("organization"),
                };
                self.set_from(event, main, "site", &[Value::Null], place);
            }
            "site.migrated" => {
                let place = self.known_site(event, event.text("siteId"));
                self.set(event, main, "site", place);
            }
            "subscription.contact-added" => {
                self.push(event, main, "contacts", json!({"customerId": data("customerId")}));
            }
            "subscription.contact-removed" => self.remove_contact(event, main),
            "subscription.deactivated" => {
                let deactivation =
                    json!({"at": data("at"), "cause": data("cause"), "reason": data("reason")});
                self.set_from(event, main, "deactivation", &[Value::Null], deactivation);
            }
            _ => return false,
        }
        true
    }

    fn known_site(&mut self, event: &Event, site: &str) -> Value {
        self.get(event, &format!("site {site}"), "url");
        json!(site)
    }

    fn order_subscription(&mut self, event: &Event, main: &str, order: &str) {
        let id = event.text("subscriptionId");
        let data = |name: &str| event.data[name].clone();
        let list = |name: &str| -> Vec<Value> { event.data[name].as_array().cloned().unwrap_or_default() };
        let by_email = list("contacts").into_iter().map(|email| json!({"email": email}));
        let by_record = list("customerContacts").into_iter().map(|id| json!({"customerId": id}));
        let contacts: Vec<Value> = by_email.chain(by_record).collect();
        let fields = json!({
            "organizationId": event.organization, "partnerId": event.partner, "productId": data("productId"),
            "sku": data("sku"), "plan": data("plan"), "quantity": data("quantity"), "startsAt": data("startsAt"),
            "endsAt": data("endsAt"), "entitlementId": data("entitlementId"), "contacts": contacts,
            "linked": list("linked"), "parents": list("parents"), "apps": list("apps"),
            "site": null, "usage": null, "deactivation": null, "cancelledAt": null,
            "suspension": null, "left": null, "changedAt": null,
        });
        self.create(event, main.to_owned(), fields);
        for (name, back) in [("linked", "linked"), ("parents", "apps"), ("apps", "parents")] {
            for other in list(name) {
                let other = format!("subscription {}", other.as_str().unwrap_or_default());
                self.push(event, &other, back, json!(id));
            }
        }
        self.order_takes_effect(event, order);
        self.push(event, order, "subscriptions", json!(id));
    }

    fn remove_contact(&mut self, event: &Event, main: &str) {
        let mut contacts = self.get(event, main, "contacts").as_array().cloned().unwrap_or_default();
        let is_it = |contact: &Value| {
            let same = |name: &str| !event.data[name].is_null() && contact[name] == event.data[name];
            same("customerId") || same("email")
        };
        match contacts.iter().position(is_it) {
            Some(place) => drop(contacts.remove(place)),
            None => self.fault(event, "it has no such contact"),
        }
        self.put(main, "contacts", contacts.into());
    }

    fn entitlement(&mut self, event: &Event, main: &str) -> bool {
        let data = |name: &str| event.data[name].clone();
        match event.kind.as_str() {
            "entitlement.created" => {
                let fields = json!({
                    "productId": data("productId"), "organizationId": event.organization,
                    "customerId": data("customerId"), "startsAt": data("startsAt"), "endsAt": data("endsAt"),
                    "endedAt": null, "version": 1,
                    // It may be created with details.
                    "changedAt": {"oneOf": [null, recorded_at(&event.time)]},
                });
                self.create(event, main.to_owned(), fields);
            }
            "entitlement.details-changed" => match self.subscription_of(main) {
                // Its entitlement has no event of its creation, and its version counts other changes, too.
                Some(subscription) => self.put(&subscription, "changedAt", recorded_at(&event.time)),
                None => {
                    self.count(event, main);
                    self.put(main, "changedAt", recorded_at(&event.time));
                }
            },
            "entitlement.updated" => {
                let of = |replay: &mut Self| ["startsAt", "endsAt"].map(|name| replay.get(event, main, name));
                if of(self) == [data("startsAt"), data("endsAt")] {
                    self.fault(event, "the start and the end are those of before");
                }
                self.put(main, "startsAt", data("startsAt"));
                self.put(main, "endsAt", data("endsAt"));
                self.count(event, main);
            }
            "entitlement.ended" => {
                self.set_from(event, main, "endedAt", &[Value::Null], data("endedAt"));
                self.count(event, main);
            }
            _ => return false,
        }
        true
    }

    /// Returns the subscription that gives an entitlement.
    fn subscription_of(&self, entitlement: &str) -> Option<String> {
        let id = entitlement.trim_start_matches("entitlement ");
        let gives = |(_, one): &(&String, &Fields)| one.get("entitlementId").is_some_and(|known| known == id);
        self.objects.iter().find(gives).map(|(key, _)| key.clone())
    }

    fn access(&mut self, event: &Event, main: &str) -> bool {
        let data = |name: &str| event.data[name].clone();
        let (pending, active) = ([Value::from("pending")], [Value::from("active")]);
        let kind = event.kind.as_str();
        match kind {
            "access.requested" => {
                let fields = json!({
                    "partnerId": event.partner, "organizationId": null, "state": "pending", "version": 1,
                });
                self.create(event, main.to_owned(), fields);
            }
            "access.approved" | "access.declined" | "access.cancelled" | "access.lapsed" => {
                let state = kind.trim_start_matches("access.");
                self.set_from(event, main, "state", &pending, state.into());
                self.put(main, "organizationId", json!(event.organization));
                self.count(event, main);
            }
            "access.granted" => {
                let fields = json!({
                    "partnerId": event.partner, "organizationId": event.organization, "level": data("level"),
                    "expiresAt": data("expiresAt"), "memberId": data("memberId"), "individual": data("individual"),
                    "state": "active", "endedAt": null, "autoExtend": data("autoExtend"),
                });
                self.create(event, main.to_owned(), fields);
            }
            "access.expired"
            | "access.revoked"
            | "access.relinquished"
            | "access.replaced"
            | "access.deactivated"
            | "access.member-removed" => {
                let state = kind.trim_start_matches("access.");
                self.set_from(event, main, "state", &active, state.into());
                let expires_at = self.get(event, main, "expiresAt");
                let ended_at = if state == "expired" { expires_at } else { recorded_at(&event.time) };
                self.put(main, "endedAt", ended_at);
                if state == "replaced" {
                    self.get(event, &format!("grant {}", event.text("replacedBy")), "level");
                }
            }
            "access.extended" => {
                self.set_from(event, main, "state", &active, "active".into());
                self.set_from(event, main, "autoExtend", &[true.into()], true.into());
                self.set_from(event, main, "expiresAt", &[data("previousExpiresAt")], data("expiresAt"));
                if event.text("previousExpiresAt") >= event.text("expiresAt") {
                    self.fault(event, "the end is not later than before");
                }
            }
            "access.updated" => {
                self.set_from(event, main, "state", &active, "active".into());
                self.set(event, main, "autoExtend", data("autoExtend"));
            }
            _ => return false,
        }
        true
    }
}
