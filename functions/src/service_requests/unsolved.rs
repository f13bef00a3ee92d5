//! Service requests of all organizations that are not solved, as their markers count them.

use api_runtime::table::{Page, PageQuery, UnsolvedRequest, UnsolvedRequests};
use api_runtime::{Context, Failure};
use domain::ServiceRequestStatus;
use schemars::JsonSchema;
use serde::Serialize;

/// Maximum number of service requests that are counted.
const MOST_COUNTED: usize = 1_000;

/// Numbers of the service requests of all organizations that are not solved.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct UnsolvedCounts {
    /// Number of service requests that wait for the vendor.
    pub open: u64,
    /// Number of service requests that wait for the person who submitted them.
    pub waiting: u64,
    /// Whether there are more than these: only the oldest 1,000 are counted.
    pub more: bool,
}

/// Counts the service requests of all organizations that are not solved, and returns them, oldest first.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn count_unsolved(
    context: &Context<'_>,
) -> Result<(UnsolvedCounts, Vec<UnsolvedRequest>), Failure> {
    let all = UnsolvedRequests { from: None, to: None };
    let page_query = PageQuery { size: MOST_COUNTED, ascending: true, after: None, consistent: true };
    let Page { items, next } = context.table.page(&all, &page_query, None).await?;
    let number = |status: ServiceRequestStatus| {
        let with_status = items.iter().filter(|one| one.status == status).count();
        u64::try_from(with_status).unwrap_or(u64::MAX)
    };
    let (open, waiting) = (number(ServiceRequestStatus::Open), number(ServiceRequestStatus::Waiting));
    Ok((UnsolvedCounts { open, waiting, more: next.is_some() }, items))
}
