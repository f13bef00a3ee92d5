//! Lines of an order, as a store sends them.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, LicenseTypeByCode};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::fault::{check_length, parse_and_check};
use domain::order::{LinkEnd, OrderedSubscription, Quantities, SubscriptionLine, sum_lines};
use domain::unicode::nfc;
use domain::{ExternalId, Fault, Faults, LicenseType, LicenseTypeCode, Line, ParseError, Quantity};
use schemars::JsonSchema;

/// Sold lines: 1 to 1,000, with at most 30 license types. Quantities of lines with the same license type are added up.
/// At most 20 lines are subscriptions, and beside subscriptions at most 10 license types are allowed.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub struct SoldLines(#[schemars(length(min = 1, max = 1000))] Vec<SoldLine>);

/// Maximum number of lines in a message.
const MOST_LINES: usize = 1000;

/// Maximum number of license types: they fit one transaction with their events, also if all pools become low.
const MOST_TYPES: usize = 30;

/// Maximum number of license types beside subscriptions.
const MOST_TYPES_BESIDE: usize = 10;

/// Maximum number of subscription lines.
pub(super) const MOST_SUBSCRIPTIONS: usize = 20;

/// Maximum number each of links and parents of a line.
const MOST_ENDS: usize = 20;

/// Maximum number of contacts of a line.
const MOST_CONTACTS: usize = 5;

/// Line of an order.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
enum SoldLine {
    /// Line of licenses.
    License(LicenseLine),
    /// Line of a subscription.
    Subscription(Box<SubscriptionLine>),
}

/// Sold licenses of one type.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults)]
struct LicenseLine {
    /// Kind of the line: `license`.
    #[expect(dead_code, reason = "the kind selects this variant; other kinds are faults")]
    kind: LineKind,
    /// Code of the license type; 2 to 60 lower-case letters, digits and inner hyphens.
    sku: LicenseTypeCode,
    /// Number of licenses; 1 to 100,000.
    quantity: Quantity,
}

/// Kinds of lines.
#[derive(Debug, Clone, Copy, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
enum LineKind {
    License,
    Subscription,
    App,
    Collection,
}

/// Returns whether a line, as it was sent, is a subscription.
pub fn is_subscription(line: &serde_json::Value) -> bool {
    let kind = line.get("kind").and_then(serde_json::Value::as_str);
    kind.is_some_and(|kind| ["subscription", "app", "collection"].contains(&kind))
}

impl Deserr<Faults> for SoldLine {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let sent: serde_json::Value = value.into();
        match is_subscription(&sent) {
            true => Deserr::deserialize_from_value(sent.into_value(), location)
                .map(Box::new)
                .map(Self::Subscription),
            false => Deserr::deserialize_from_value(sent.into_value(), location).map(Self::License),
        }
    }
}

impl Deserr<Faults> for SoldLines {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_and_check(value, location, check).map(Self)
    }
}

fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
    let lines = sent.as_array().map(Vec::as_slice).unwrap_or_default();
    let length = sent.as_array().and_then(|lines| check_length(lines, MOST_LINES));
    let licenses = lines.iter().filter(|line| !is_subscription(line));
    let types: BTreeSet<_> = licenses.filter_map(|line| line.get("sku")?.as_str()).collect();
    let subscriptions = lines.iter().filter(|line| is_subscription(line)).count();
    let most_types = if subscriptions > 0 { MOST_TYPES_BESIDE } else { MOST_TYPES };
    let too_many_types = (types.len() > most_types).then(|| {
        let detail = format!(
            "names {} skus of licenses, and at most {most_types} are taken in one order",
            types.len()
        );
        (String::new(), ParseError::new("too-many", detail))
    });
    let too_many_subscriptions = (subscriptions > MOST_SUBSCRIPTIONS).then(|| {
        let detail = format!(
            "has {subscriptions} subscriptions, and at most {MOST_SUBSCRIPTIONS} are taken in one order"
        );
        (String::new(), ParseError::new("too-many", detail))
    });
    let mut faults: Vec<_> = length.or(too_many_types).or(too_many_subscriptions).into_iter().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_subscription(line)) {
        check_subscription(lines, index, line, &mut faults);
    }
    faults
}

/// Checks a subscription line against its limits and against the other lines.
fn check_subscription(
    lines: &[serde_json::Value],
    index: usize,
    line: &serde_json::Value,
    faults: &mut Vec<(String, ParseError)>,
) {
    let list = |name: &str| {
        line.get(name).and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default()
    };
    for (name, most) in [("linkedTo", MOST_ENDS), ("parents", MOST_ENDS), ("contacts", MOST_CONTACTS)] {
        if list(name).len() > most {
            let invalid = ParseError::new(
                "too-many",
                format!("has {} items, and at most {most} are taken", list(name).len()),
            );
            faults.push((format!("/{index}/{name}"), invalid));
        }
    }
    if !list("parents").is_empty() && line.get("kind").is_some_and(|kind| kind != "app") {
        let invalid = ParseError::new("not-an-app", "only an app has `parents`");
        faults.push((format!("/{index}/parents"), invalid));
    }
    for name in ["linkedTo", "parents"] {
        for (place, end) in list(name).iter().enumerate() {
            let Some(end) = end.as_u64() else { continue };
            let other = usize::try_from(end).ok().filter(|end| *end != index).and_then(|end| lines.get(end));
            if other.is_some_and(is_subscription) {
                continue;
            }
            let detail = format!("{end} is not the index of another line of a subscription");
            let invalid = ParseError::new("unknown-line", detail);
            faults.push((format!("/{index}/{name}/{place}"), invalid));
        }
    }
    let name_of =
        |line: &serde_json::Value| line.get("externalId")?.as_str().map(|name| nfc(name).into_owned());
    if let Some(name) = name_of(line) {
        let mut before = lines.iter().take(index).filter(|line| is_subscription(line));
        if before.any(|other| name_of(other).as_ref() == Some(&name)) {
            let invalid = ParseError::new("duplicate", "another line has the same external id");
            faults.push((format!("/{index}/externalId"), invalid));
        }
    }
}

impl SoldLines {
    /// Returns the license lines with their indexes.
    fn licenses(&self) -> impl Iterator<Item = (usize, &LicenseLine)> {
        self.0.iter().enumerate().filter_map(|(index, line)| match line {
            SoldLine::License(line) => Some((index, line)),
            SoldLine::Subscription(_) => None,
        })
    }

    /// Returns the subscription lines. Links in the message use the index among all lines, or a line's external id; here
    /// they use the index among the subscription lines.
    pub fn subscriptions(&self) -> Vec<OrderedSubscription> {
        let mut places = BTreeMap::new();
        let lines = self.0.iter().enumerate().filter_map(|(index, line)| match line {
            SoldLine::Subscription(line) => {
                places.insert(index, places.len());
                Some(line.as_ref().clone())
            }
            SoldLine::License(_) => None,
        });
        let mut lines: Vec<_> = lines.collect();
        let names: Vec<_> = lines.iter().map(|line| line.external_id.clone()).collect();
        for (index, line) in lines.iter_mut().enumerate() {
            for end in line.linked_to.iter_mut().chain(&mut line.parents) {
                let named =
                    |other: &Option<ExternalId>| other.is_some() && other.as_ref() == end.external_id();
                let line_of_name = names.iter().position(named).filter(|other| *other != index);
                match end {
                    LinkEnd::Line(place) => *place = places.get(place).copied().unwrap_or(*place),
                    _ => line_of_name.into_iter().for_each(|other| *end = LinkEnd::Line(other)),
                }
            }
        }
        lines.into_iter().map(OrderedSubscription::new).collect()
    }

    /// Returns the indexes of the subscription lines among all lines.
    pub fn places_of_subscriptions(&self) -> Vec<usize> {
        let lines = self.0.iter().enumerate();
        lines.filter(|(_, line)| matches!(line, SoldLine::Subscription(_))).map(|(index, _)| index).collect()
    }

    /// Returns the total quantity of each license type.
    pub fn sums(&self) -> Quantities {
        let lines = self.licenses();
        let lines = lines.map(|(_, line)| Line { license_type: line.sku.clone(), quantity: line.quantity });
        sum_lines(&lines.collect::<Vec<_>>())
    }

    /// Adds the license types of the lines to a batch read.
    pub fn want_types(&self, wanted: &mut BatchGet) {
        for (_, line) in self.licenses() {
            wanted.add(&LicenseTypeByCode(line.sku.clone()));
        }
    }

    /// Returns a fault for each line whose license type does not exist.
    pub fn unknown_types(&self, found: &BatchResult) -> Result<Vec<Fault>, Failure> {
        let mut faults = Vec::new();
        for (index, line) in self.licenses() {
            if found.get(&LicenseTypeByCode(line.sku.clone()))?.is_none() {
                faults.push(LicenseType::UNKNOWN.at(&[&"data", &"lines", &index, &"sku"]));
            }
        }
        Ok(faults)
    }

    /// Returns the index of the first line with a license type.
    pub(super) fn place(&self, license_type: &LicenseTypeCode) -> Option<usize> {
        self.licenses().find(|(_, line)| line.sku == *license_type).map(|(index, _)| index)
    }
}
