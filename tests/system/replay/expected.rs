//! What the API must show at a time, by the state that was rebuilt.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Fields;
use super::state::Replay;

/// Any value.
pub const ANY: &str = "any value";

/// What the API must show: of each object the alternatives, of which one must agree.
pub type Expected = BTreeMap<String, Vec<Fields>>;

/// Returns one of these values.
fn one_of(values: &[Value]) -> Value {
    json!({"oneOf": values})
}

impl Replay {
    /// Returns what the API must show at this time.
    pub fn expected(&self, now: &str) -> Expected {
        let mut expected = Expected::new();
        let mut expect = |key: String, fields: Value| {
            let Value::Object(fields) = fields else { unreachable!() };
            expected.entry(key).or_default().push(fields);
        };
        for (key, one) in &self.objects {
            let field = |name: &str| one.get(name).cloned().unwrap_or_default();
            let (kind, id) = key.split_once(' ').unwrap();
            match kind {
                "pool" => {
                    let [available, assigned] =
                        ["available", "assigned"].map(|name| field(name).as_i64().unwrap());
                    // A pool that is empty need not be shown.
                    if available != 0 || assigned != 0 {
                        let purchased = available + assigned;
                        let fields =
                            json!({"available": available, "assigned": assigned, "purchased": purchased});
                        expect(key.clone(), fields);
                    }
                }
                "grant" => {
                    let mut grant = one.clone();
                    // Assumed: how the API shows this field.
                    let auto_extend = grant.remove("autoExtend").filter(|_| field("state") == "active");
                    grant.insert("?autoExtend".to_owned(), auto_extend.unwrap_or(json!(ANY)));
                    if field("email").is_null() {
                        grant.remove("email");
                    }
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
                    if let Some(ignored) = order.remove("ignored").filter(|ignored| !ignored.is_null()) {
                        order.insert("sequence".to_owned(), one_of(&[field("sequence"), ignored]));
                    }
                    expect(key.clone(), order.into());
                }
                "entitlement" => {
                    let ended = !field("endedAt").is_null() || is_over(&field("endsAt"), now);
                    let mut entitlement = one.clone();
                    let changed_at = entitlement.remove("changedAt").unwrap_or(json!(ANY));
                    entitlement.insert("changedAt".to_owned(), changed_at);
                    let status = entitlement_status(ended, &field("startsAt"), now);
                    entitlement.insert("status".to_owned(), status.into());
                    entitlement.insert("subscriptionId".to_owned(), Value::Null);
                    expect(key.clone(), entitlement.into());
                }
                "subscription" => {
                    let cancelled_at = field("cancelledAt");
                    let unless_renewed = (field("renewedOrNot") == true).then_some(Value::Null);
                    for cancelled_at in std::iter::once(cancelled_at).chain(unless_renewed) {
                        expect(key.clone(), self.subscription_shown(one, &cancelled_at, now));
                        let key =
                            format!("entitlement {}", field("entitlementId").as_str().unwrap_or_default());
                        expect(key, entitlement_shown(id, one, &cancelled_at, now));
                    }
                }
                _ => expect(key.clone(), one.clone().into()),
            }
        }
        expected
    }

    fn subscription_shown(&self, one: &Fields, cancelled_at: &Value, now: &str) -> Value {
        let field = |name: &str| one.get(name).cloned().unwrap_or_default();
        let over =
            !cancelled_at.is_null() || !field("deactivation").is_null() || is_over(&field("endsAt"), now);
        let suspended = field("suspended") == true;
        let without_place = field("site").is_null();
        let status = match over {
            true => json!("inactive"),
            false if field("startsAt").as_str() > Some(now) => match suspended {
                true => one_of(&["upcoming", "suspended"].map(Value::from)),
                false => json!("upcoming"),
            },
            false if suspended => json!("suspended"),
            false if without_place => json!("pending-set-up"),
            false => json!("active"),
        };
        // Assumed: an app without a place of its own may count as set up by its parents'.
        let is_app = !field("parents").as_array().unwrap().is_empty();
        let borrows = is_app && without_place && !over;
        let status = match status == "pending-set-up" && borrows {
            true => one_of(&["active", "pending-set-up"].map(Value::from)),
            false => status,
        };
        let set_up_due = if borrows || suspended { json!(ANY) } else { json!(without_place && !over) };
        let site = if is_app && without_place { json!(ANY) } else { field("site") };
        let mut shown = one.clone();
        for name in ["renewedOrNot", "suspended", "left", "usage"] {
            shown.remove(name);
        }
        let contacts = json!({"listed": field("contacts"), "removed": self.removed});
        let mut ended: Vec<Value> = first_ends(one, cancelled_at);
        if over {
            ended.push(field("endsAt"));
        }
        for (name, value) in [
            ("cancelledAt", cancelled_at.clone()),
            ("?endedAt", one_of(&ended)),
            ("activeUsers", field("usage")[1].clone()),
            ("status", status),
            ("setUpDue", set_up_due),
            ("site", site),
            ("contacts", contacts),
        ] {
            shown.insert(name.to_owned(), value);
        }
        for name in ["linked", "parents", "apps"] {
            let mut ids = field(name).as_array().cloned().unwrap_or_default();
            ids.sort_by_key(Value::to_string);
            shown.insert(name.to_owned(), ids.into());
        }
        shown.into()
    }
}

fn is_over(end: &Value, now: &str) -> bool {
    end.as_str().is_some_and(|end| end <= now)
}

fn entitlement_status(ended: bool, starts_at: &Value, now: &str) -> &'static str {
    match starts_at.as_str() {
        _ if ended => "ended",
        Some(start) if start > now => "upcoming",
        _ => "active",
    }
}

/// Returns the times that may be shown as the time at which a subscription ended early: the earlier of its cancellation
/// and its deactivation (`Null` if there is neither).
fn first_ends(one: &Fields, cancelled_at: &Value) -> Vec<Value> {
    let field = |name: &str| one.get(name).cloned().unwrap_or_default();
    let deactivated_at = field("deactivation")["at"].clone();
    let ends = [cancelled_at.as_str(), deactivated_at.as_str()];
    let Some(first) = ends.into_iter().flatten().min() else { return vec![Value::Null] };
    let (start, end) = (field("startsAt"), field("endsAt"));
    if end.as_str() <= Some(first) {
        // Assumed: what had ended by its term before is not told to have ended early, or by its term.
        let cancelled = (!cancelled_at.is_null()).then(|| json!(first));
        return [Value::Null, end].into_iter().chain(cancelled).collect();
    }
    if start.as_str() > Some(first) {
        // Assumed: no end lies before the start.
        return vec![json!(first), start];
    }
    vec![json!(first)]
}

/// Returns the entitlement of a subscription, which begins and ends with it.
fn entitlement_shown(id: &str, one: &Fields, cancelled_at: &Value, now: &str) -> Value {
    let field = |name: &str| one.get(name).cloned().unwrap_or_default();
    let over = !cancelled_at.is_null() || !field("deactivation").is_null() || is_over(&field("endsAt"), now);
    let status = entitlement_status(over, &field("startsAt"), now);
    let status = match field("suspended") == true && !over {
        true => one_of(&[status.into(), "suspended".into()]),
        false => status.into(),
    };
    json!({
        "productId": field("productId"), "organizationId": field("organizationId"), "customerId": null,
        "subscriptionId": id, "startsAt": field("startsAt"), "endsAt": field("endsAt"), "status": status,
        "endedAt": one_of(&first_ends(one, cancelled_at)),
    })
}
