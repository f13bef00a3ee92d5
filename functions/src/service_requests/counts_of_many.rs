//! Monthly counts of the service requests of many organizations, which one batch reads.

use std::collections::BTreeMap;

use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, CountsOfMonth};
use domain::dashboard::{Counts, Dashboard};
use domain::service_request::Month;
use domain::{OrganizationId, Timestamp};

/// Adds the counts of an organization that a dashboard shows to a batch read.
pub fn want_counts(wanted: &mut BatchGet, organization: OrganizationId, now: Timestamp) {
    let months = Dashboard::months(now).into_iter();
    months.for_each(|month| wanted.add(&CountsOfMonth(organization, month)));
}

/// Takes the counts of an organization from the result of a read, by month.
///
/// # Errors
///
/// Never for items that Vouchsafe wrote.
pub fn counts_among(
    found: &BatchResult,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<BTreeMap<Month, Counts>, Failure> {
    let mut counted = BTreeMap::new();
    for month in Dashboard::months(now) {
        let counts = found.get(&CountsOfMonth(organization, month.clone()))?;
        counted.extend(counts.map(|counts| (month, counts.counts)));
    }
    Ok(counted)
}
