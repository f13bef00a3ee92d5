//! License types, pools and assignments.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{
    Check, Fault, FaultPointer, Faults, ParseError, check_length, parse_and_check, parse_number, quoted,
};
use crate::id::{AssignmentId, OrganizationId, PartnerId};
use crate::party::{Metadata, Version};
use crate::problem::ErrorKind;
use crate::text::{LicenseTypeCode, Name};
use crate::time::{Period, Timestamp};

/// Type of license that the vendor sells. Its code is its only id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenseType {
    /// Code of the license type; 2 to 60 lower-case letters, digits and inner hyphens.
    pub code: LicenseTypeCode,
    /// Name of the license type; 1 to 200 characters.
    pub name: Name,
    /// Duration of a license from its assignment on; ISO 8601, such as `P1Y`, at most 100 years. It is counted in the
    /// time zone of the organization that has the license.
    pub term: Period,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl LicenseType {
    /// No license type has the code.
    pub const UNKNOWN: ErrorKind = ErrorKind::rule(
        "unknown-license-type",
        "there is no license type with this code: `list-license-types` lists them",
    );
}

/// Quantity of one line: 1 to 100,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quantity(u32);

impl Quantity {
    const MOST: u32 = 100_000;

    /// Returns the quantity, or `None` if `count` is not 1 to 100,000.
    pub fn new(count: u64) -> Option<Self> {
        u32::try_from(count).ok().filter(|count| (1..=Self::MOST).contains(count)).map(Self)
    }

    /// Returns the number.
    pub fn get(self) -> u64 {
        u64::from(self.0)
    }
}

impl Deserr<Faults> for Quantity {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let number = parse_number(value, location, 1..=u64::from(Self::MOST))?;
        Ok(Self(u32::try_from(number).unwrap_or(Self::MOST)))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// Number of licenses of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
pub struct Line {
    /// Code of the license type; 2 to 60 characters.
    pub license_type: LicenseTypeCode,
    /// Number of licenses; 1 to 100,000.
    pub quantity: Quantity,
}

/// Lines of an assignment: 1 to 20, with different license types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Lines(#[schemars(length(min = 1, max = 20))] Vec<Line>);

impl Lines {
    const MOST: usize = 20;

    /// Returns the lines in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }
}

impl Deserr<Faults> for Lines {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_and_check(value, location, Self::check).map(Self)
    }
}

impl Check for Lines {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let list = sent.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut faults: Vec<_> =
            sent.as_array().and_then(|list| check_length(list, Self::MOST)).into_iter().collect();
        let mut seen = std::collections::BTreeSet::new();
        for (index, line) in list.iter().enumerate() {
            let Some(license_type) = line.get("licenseType").and_then(serde_json::Value::as_str) else {
                continue;
            };
            if !seen.insert(license_type) {
                let detail = format!("names {} a second time", quoted(license_type));
                faults.push((format!("/{index}/licenseType"), ParseError::new("duplicate", detail)));
            }
        }
        faults
    }
}

/// Number of available licenses below which a pool is low: 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Threshold(u32);

impl Threshold {
    const MOST: u32 = 1_000_000;

    /// Returns the threshold, or `None` if `count` is not 1 to 1,000,000.
    pub fn new(count: u64) -> Option<Self> {
        u32::try_from(count).ok().filter(|count| (1..=Self::MOST).contains(count)).map(Self)
    }

    /// Returns the number.
    pub fn get(self) -> u64 {
        u64::from(self.0)
    }
}

impl Deserr<Faults> for Threshold {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let number = parse_number(value, location, 1..=u64::from(Self::MOST))?;
        Ok(Self(u32::try_from(number).unwrap_or(Self::MOST)))
    }
}

impl JsonSchema for Threshold {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Threshold".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// Partner's stock of one license type. `purchased` always equals `available` plus `assigned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// Partner that owns the pool.
    pub partner_id: PartnerId,
    /// Code of the license type; 2 to 60 characters.
    pub license_type: LicenseTypeCode,
    /// Number of licenses that were purchased, less those that were taken back; at most 1,000,000,000,000.
    pub purchased: u64,
    /// Number of licenses that can still be assigned.
    pub available: u64,
    /// Number of licenses that were assigned, irreversibly.
    pub assigned: u64,
    /// Number of available licenses below which the pool is low. Absent if it has no threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// Number of times that the threshold was set, changed or removed.
    #[serde(default)]
    pub threshold_changes: u64,
    /// Time at which the threshold was last set, changed or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_changed_at: Option<Timestamp>,
}

impl Pool {
    /// Largest number of licenses that a pool can hold. Even summed over all pools, it is far below the limit of
    /// integers that JSON numbers represent exactly.
    pub const MOST: u64 = 1_000_000_000_000;

    /// The pool has fewer available licenses than a line requests.
    pub const EXHAUSTED: ErrorKind = ErrorKind::state(
        "license-pool-exhausted",
        "the pool has too few licenses available: `limit` were purchased, `used` are assigned",
    );

    /// The pool would hold more than [`Self::MOST`] licenses.
    pub const OVERFLOW: ErrorKind = ErrorKind::rule(
        "pool-overflow",
        "the pool would exceed the largest number of licenses that is counted",
    );

    /// Returns a pool for which nothing has ever been purchased.
    pub fn empty(partner_id: PartnerId, license_type: LicenseTypeCode) -> Self {
        Self {
            partner_id,
            license_type,
            purchased: 0,
            available: 0,
            assigned: 0,
            threshold: None,
            threshold_changes: 0,
            threshold_changed_at: None,
        }
    }

    /// Returns whether fewer licenses are available than the pool's threshold.
    pub fn is_low(&self) -> bool {
        self.threshold.is_some_and(|threshold| self.available < threshold.get())
    }

    /// Returns the time of a change of the threshold at `now`: after the previous one, even if clocks differ.
    pub fn next_threshold_change(&self, now: Timestamp) -> Timestamp {
        let after = |last: Timestamp| Timestamp::from_unix_millis(last.unix_millis().saturating_add(1));
        self.threshold_changed_at.map_or(now, |last| now.max(after(last)))
    }

    /// Returns the version of the threshold. A pool begins with version 1, which has none.
    pub fn threshold_version(&self) -> Version {
        self.threshold_changes.saturating_add(1)
    }

    /// Returns whether taking `quantity` available licenses out of the pool makes it low, which it is not yet.
    pub fn becomes_low(&self, quantity: u64) -> bool {
        let left = self.available.checked_sub(quantity);
        let crosses =
            |threshold: u64| self.available >= threshold && left.is_some_and(|left| left < threshold);
        self.threshold.is_some_and(|threshold| crosses(threshold.get()))
    }

    /// Returns the fault of the line at `index` if its pool has too few licenses. Without a `pool`, nothing has ever
    /// been purchased.
    pub fn exhausted(pool: Option<&Self>, index: usize, line: &Line) -> Fault {
        let (purchased, assigned, available) =
            pool.map_or((0, 0, 0), |pool| (pool.purchased, pool.assigned, pool.available));
        let detail = format!(
            "{} licenses of `{}` were requested, {available} are available",
            line.quantity.get(),
            line.license_type
        );
        Fault::new(FaultPointer::pointer(&[&"lines", &index, &"quantity"]), Self::EXHAUSTED.code, detail)
            .with_limit(purchased, Some(assigned))
    }
}

/// Irreversible assignment of licenses to an organization: it is never changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Id of the assignment.
    pub id: AssignmentId,
    /// Partner from whose pools the licenses were assigned.
    pub partner_id: PartnerId,
    /// Organization to which the licenses were assigned.
    pub organization_id: OrganizationId,
    /// Assigned license types and quantities; 1 to 20 lines.
    pub lines: Lines,
    /// Time of the assignment, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn faults(lines: serde_json::Value) -> Vec<(FaultPointer, String)> {
        let parsed = deserr::deserialize::<Lines, _, Faults>(lines);
        parsed.map_or_else(|faults| faults.0.into_iter().map(|f| (f.at, f.code)).collect(), |_| Vec::new())
    }

    fn at(place: &str, code: &str) -> (FaultPointer, String) {
        (FaultPointer::Pointer(place.to_owned()), code.to_owned())
    }

    #[test]
    fn invalid_lines_report_every_fault() {
        let lines = json!([
            {"licenseType": "Edge", "quantity": 0},
            {"licenseType": "edge", "quantity": 1.5, "note": "x"},
            {"licenseType": "edge"},
            7
        ]);
        let mut found = faults(lines);
        found.sort_by_key(|(at, _)| format!("{at:?}"));
        assert_eq!(
            found,
            [
                at("/0/licenseType", "invalid-code"),
                at("/0/quantity", "out-of-range"),
                at("/1/note", "unknown-field"),
                at("/1/quantity", "wrong-type"),
                at("/2/licenseType", "duplicate"),
                at("/2/quantity", "missing"),
                at("/3", "wrong-type"),
            ]
        );
    }

    #[test]
    fn duplicate_types_no_lines_and_more_than_20_lines_are_refused() {
        let line = |code: &str| json!({"licenseType": code, "quantity": 1});
        assert_eq!(faults(json!([line("aa"), line("bb"), line("aa")])), [at("/2/licenseType", "duplicate")]);
        assert_eq!(faults(json!([])), [at("", "too-few")]);
        let many: Vec<_> = (0..21).map(|n| line(&format!("type-{n}"))).collect();
        assert_eq!(faults(json!(many)), [at("", "too-many")]);
        assert!(faults(json!(many[..20])).is_empty());
    }

    #[test]
    fn pool_becomes_low_only_where_it_crosses_its_threshold() {
        let partner_id = "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap();
        let empty = Pool::empty(partner_id, "edge".parse().unwrap());
        let pool = |available, threshold| Pool { available, threshold, ..empty.clone() };
        let ten = Threshold::new(10);
        assert!(!pool(12, ten).becomes_low(2), "as many as the threshold are left");
        assert!(pool(12, ten).becomes_low(3));
        assert!(pool(10, ten).becomes_low(10));
        assert!(!pool(9, ten).becomes_low(1), "it is low already");
        assert!(!pool(12, ten).becomes_low(13), "there are not as many");
        assert!(!pool(12, None).becomes_low(12));
        assert_eq!(
            [pool(9, ten), pool(10, ten), pool(0, None)].map(|pool| pool.is_low()),
            [true, false, false]
        );
    }

    proptest! {
        #[test]
        fn quantity_outside_1_to_100_000_is_refused(count in proptest::num::u64::ANY) {
            prop_assert_eq!(Quantity::new(count).map(Quantity::get), (1..=100_000).contains(&count).then_some(count));
        }
    }
}
