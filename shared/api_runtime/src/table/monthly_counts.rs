//! Counts of an organization's service requests by month: changed in the transactions that change them, without being read.

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

/// What the sort keys of what is counted of service requests begin with.
pub(super) const MONTHLY_COUNTS: &str = "MONTHLY_COUNTS#";

/// What is counted of the service requests that were submitted to an organization in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyCounts {
    /// Whose, and of which month.
    #[serde(flatten)]
    pub at: Key,
    /// Its word: all other attributes are counts.
    pub entity: String,
    /// How many of them are counted in what.
    #[serde(flatten)]
    pub counts: Counts,
}

impl MonthlyCounts {
    /// The month.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
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

/// Finds what is counted of an organization's service requests, from one month to another, both included.
#[derive(Debug, Clone)]
pub struct MonthlyCountsOf(
    /// Of which organization.
    pub OrganizationId,
    /// The first month.
    pub Month,
    /// The last month.
    pub Month,
);

impl AccessPattern for MonthlyCountsOf {
    type Entity = MonthlyCounts;
    const DESCRIBED: Described = Described {
        name: "MonthlyCountsOf",
        about: "what is counted of an organization's service requests, by the months of their submission",
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
    custom MonthlyCountsOf {}
}

/// What is counted of the service requests that were submitted to an organization in a month.
pub fn monthly_counts_key(organization: OrganizationId, month: &Month) -> Key {
    Key::new(organization_partition(organization), format!("{MONTHLY_COUNTS}{month}"))
}

/// Counts a service request that was, if it was, something else before, in the month in which it was submitted; none if no
/// count changes.
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
