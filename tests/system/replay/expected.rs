//! What the API must show at a time, by the state that was rebuilt.

use serde_json::{Value, json};

use super::state::Replay;
use super::{Fields, Objects};

/// Any value.
pub const ANY: &str = "any value";

impl Replay {
    /// Returns what the API must show at this time.
    pub fn expected(&self, now: &str) -> Objects {
        let mut expected = Objects::new();
        let mut expect = |key: String, fields: Value| {
            let Value::Object(fields) = fields else { unreachable!() };
            assert!(expected.insert(key.clone(), fields).is_none(), "{key} is expected twice");
        };
        for (key, one) in &self.objects {
            let field = |name: &str| one.get(name).cloned().unwrap_or_default();
            let (kind, id) = key.split_once(' ').unwrap();
            match kind {
                "pool" => {
                    let [available, assigned] =
                        ["available", "assigned"].map(|name| field(name).as_i64().unwrap());
                    let low = field("threshold").as_i64().is_some_and(|threshold| available < threshold);
                    let fields = json!({
                        "available": available, "assigned": assigned, "purchased": available + assigned,
                        "threshold": field("threshold"), "low": low,
                    });
                    expect(key.clone(), fields);
                }
                "grant" => {
                    let mut grant = one.clone();
                    if field("state") == "active" && field("expiresAt").as_str() <= Some(now) {
                        // The scheduled job ran last, so this grant must have its event.
                        grant.insert("state".to_owned(), "expired, with an event".into());
                    }
                    expect(key.clone(), grant.into());
                }
                "order" => {
                    if field("status") == "parked" {
                        expect(format!("parked {id}"), json!({"account": field("account")}));
                    }
                    let mut order = one.clone();
                    if let Some(Value::Object(credited)) = order.get_mut("credited") {
                        credited.retain(|_, quantity| *quantity != 0);
                    }
                    if field("status") == "cancelled" && field("account").is_null() {
                        // If it was cancelled before it arrived, it waits for its account without being parked.
                        order.insert("account".to_owned(), ANY.into());
                    }
                    expect(key.clone(), order.into());
                }
                "entitlement" => {
                    let mut entitlement = one.clone();
                    let ends = [field("startsAt"), field("endsAt"), field("endedAt")];
                    entitlement.insert("status".to_owned(), entitlement_status(&ends, false, now).into());
                    entitlement.insert("subscriptionId".to_owned(), Value::Null);
                    entitlement.insert("suspendedAt".to_owned(), Value::Null);
                    expect(key.clone(), entitlement.into());
                }
                "subscription" => {
                    expect(key.clone(), self.subscription_shown(one, now));
                    let entitlement = format!("entitlement {}", field("entitlementId").as_str().unwrap());
                    expect(entitlement, entitlement_shown(id, one, now));
                }
                _ => expect(key.clone(), one.clone().into()),
            }
        }
        expected
    }

    fn subscription_shown(&self, one: &Fields, now: &str) -> Value {
        let field = |name: &str| one.get(name).cloned().unwrap_or_default();
        let over = !field("cancelledAt").is_null()
            || !field("deactivation").is_null()
            || is_over(&field("startsAt"), &field("endsAt"), now);
        let suspension = field("suspension");
        let status = match (over, suspension.is_null()) {
            (true, _) => "inactive",
            (_, false) => "suspended",
            _ if field("startsAt").as_str() > Some(now) => "upcoming",
            _ if field("site").is_null() => "pending-set-up",
            _ => "active",
        };
        let contacts: Vec<Value> = field("contacts").as_array().cloned().unwrap_or_default();
        let is_removed = |contact: &Value| {
            contact["customerId"].as_str().is_some_and(|customer| self.removed.contains(customer))
        };
        let mut shown = one.clone();
        for name in ["suspension", "left", "usage", "changedAt"] {
            shown.remove(name);
        }
        let contacts: Vec<Value> = contacts.into_iter().filter(|contact| !is_removed(contact)).collect();
        for (name, value) in [
            ("endedAt", ended_at(one)),
            ("activeUsers", field("usage")[1].clone()),
            ("status", status.into()),
            ("setUpDue", (field("site").is_null() && !over).into()),
            ("site", self.site_shown(one)),
            ("contacts", contacts.into()),
            ("suspendedAt", suspension["at"].clone()),
            ("suspensionReason", suspension["reason"].clone()),
        ] {
            shown.insert(name.to_owned(), value);
        }
        for name in ["linked", "parents", "apps"] {
            shown.insert(name.to_owned(), sorted(&field(name)).into());
        }
        shown.into()
    }

    /// Returns the site of a subscription; of an app that is not set up, the site of the first parent that has one and is
    /// not deactivated.
    fn site_shown(&self, one: &Fields) -> Value {
        let own = one["site"].clone();
        if !own.is_null() {
            return own;
        }
        let parents = sorted(&one["parents"]);
        let parents = parents
            .iter()
            .filter_map(|id| self.objects.get(&format!("subscription {}", id.as_str().unwrap_or_default())));
        let mut sites =
            parents.filter(|parent| parent["deactivation"].is_null()).map(|parent| &parent["site"]);
        sites.find(|site| !site.is_null()).cloned().unwrap_or_default()
    }
}

/// Returns ids in their order.
pub fn sorted(ids: &Value) -> Vec<Value> {
    let mut ids = ids.as_array().cloned().unwrap_or_default();
    ids.sort_by_key(Value::to_string);
    ids
}

/// Returns whether a term has ended. One that ends at its start never begins.
fn is_over(starts_at: &Value, ends_at: &Value, now: &str) -> bool {
    ends_at.as_str().is_some_and(|end| end <= now.max(starts_at.as_str().unwrap_or_default()))
}

fn entitlement_status(
    [starts_at, ends_at, ended_at]: &[Value; 3],
    suspended: bool,
    now: &str,
) -> &'static str {
    match starts_at.as_str() {
        _ if !ended_at.is_null() || is_over(starts_at, ends_at, now) => "ended",
        _ if suspended => "suspended",
        Some(start) if start > now => "upcoming",
        _ => "active",
    }
}

/// Returns the time at which a subscription ended before its term did: at its cancellation or its deactivation, whichever
/// was first, but not before its start.
fn ended_at(one: &Fields) -> Value {
    let ends = [&one["cancelledAt"], &one["deactivation"]["at"]];
    let first = ends.into_iter().filter_map(Value::as_str).min();
    let ended = first.map(|first| first.max(one["startsAt"].as_str().unwrap()));
    ended.filter(|ended| Some(*ended) < one["endsAt"].as_str()).into()
}

/// Returns the entitlement of a subscription, which begins and ends with it.
fn entitlement_shown(id: &str, one: &Fields, now: &str) -> Value {
    let ends = [one["startsAt"].clone(), one["endsAt"].clone(), ended_at(one)];
    let status = entitlement_status(&ends, !one["suspension"].is_null(), now);
    json!({
        "productId": one["productId"], "organizationId": one["organizationId"], "customerId": null,
        "subscriptionId": id, "startsAt": one["startsAt"], "endsAt": one["endsAt"], "status": status,
        "endedAt": ended_at(one), "suspendedAt": one["suspension"]["at"], "changedAt": one["changedAt"],
    })
}
