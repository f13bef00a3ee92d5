//! Monthly counts of an organization's service requests. They are updated, without being read, in the transactions that
//! change service requests.

use domain::dashboard::Counts;
use domain::service_request::Month;
use domain::{OrganizationId, ServiceRequest};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;
use super::organization::organization_partition;
use super::pattern::{AccessPattern, Described, Index, ListPattern, patterns};
use super::write::{Action, Expression, Write};

/// Prefix of the sort keys of monthly counts.
pub(super) const MONTHLY_COUNTS: &str = "MONTHLY_COUNTS#";

/// Counts of an organization's service requests that were submitted in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyCounts {
    /// Key of the item, which names the organization and the month.
    #[serde(flatten)]
    pub at: Key,
    /// Name of the entity. It is a field, because all other attributes are counts.
    pub entity: String,
    /// Number of service requests by counter.
    #[serde(flatten)]
    pub counts: Counts,
}

impl MonthlyCounts {
    /// Returns the month.
    ///
    /// # Errors
    ///
    /// Fails only if the key contains no month.
    pub fn month(&self) -> Result<Month, Error> {
        let month = self.at.sk.strip_prefix(MONTHLY_COUNTS).and_then(|month| month.parse().ok());
        month.ok_or_else(|| Error::Internal("what is counted is of no month".to_owned()))
    }
}

impl Entity for MonthlyCounts {
    const NAME: &'static str = "monthly-counts";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Finds the monthly counts of an organization's service requests, from one month to another, both inclusive.
#[derive(Debug, Clone)]
pub struct MonthlyCountsOf(
    /// Organization that the service requests belong to.
    pub OrganizationId,
    /// First month, inclusive.
    pub Month,
    /// Last month, inclusive.
    pub Month,
);

impl AccessPattern for MonthlyCountsOf {
    type Entity = MonthlyCounts;
    const DESCRIBED: Described = Described {
        name: "MonthlyCountsOf",
        about: "the monthly counts of an organization's service requests, by month of submission",
        place: "`ORG#<organization>` · `MONTHLY_COUNTS#<month>`",
    };
}

impl ListPattern for MonthlyCountsOf {
    fn index(&self) -> Index {
        Index::Table
    }

    fn partition(&self) -> String {
        organization_partition(self.0)
    }

    fn range(&self) -> (String, String) {
        let Self(organization, from, to) = self;
        (monthly_counts_key(*organization, from).sk, monthly_counts_key(*organization, to).sk)
    }
}

patterns! {
    /// the counts of an organization's service requests that were submitted in one month
    lookup CountsOfMonth(organization: OrganizationId, month: Month) -> MonthlyCounts {
        monthly_counts_key(*organization, month),
        "`ORG#<organization>` · `MONTHLY_COUNTS#<month>`"
    }
    custom MonthlyCountsOf {}
}

/// Returns the key of an organization's counts of one month.
pub fn monthly_counts_key(organization: OrganizationId, month: &Month) -> Key {
    Key::new(organization_partition(organization), format!("{MONTHLY_COUNTS}{month}"))
}

/// Returns the update of the counts for a service request that was created or changed; `before` is its previous state,
/// if any. The counts are those of the month in which it was submitted. Returns `None` if no count changes.
pub fn count_service_request(request: &ServiceRequest, before: Option<&ServiceRequest>) -> Option<Write> {
    let counted = request.counted_since(before);
    if counted.is_empty() {
        return None;
    }
    let add = counted.iter().map(|(name, number)| match number {
        ..0 => format!("#{name} :less"),
        _ => format!("#{name} :more"),
    });
    let text = format!("SET #entity = :entity ADD {}", add.collect::<Vec<_>>().join(", "));
    let mut update = Expression::new(&text).text("entity", MonthlyCounts::NAME);
    if counted.iter().any(|(_, number)| *number > 0) {
        update = update.number("more", 1);
    }
    if counted.iter().any(|(_, number)| *number < 0) {
        update = update.negative("less", 1);
    }
    let month = Month::of(request.metadata.created_at);
    Some(Write::always(monthly_counts_key(request.organization_id, &month), Action::Update(update)))
}
