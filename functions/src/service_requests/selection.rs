//! The service requests of a list that a caller wants to see.

use api_runtime::table::{
    BatchGet, PageQuery, ServiceRequestOf, ServiceRequestScope, ServiceRequests, UnsolvedRequest,
    UnsolvedRequests,
};
use api_runtime::{Context, Failure, List};
use deserr::Deserr;
use domain::service_request::ServiceRequestFilter;
use domain::{Actor, Email, Faults, ServiceRequest};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{ServiceRequestView, view_all};
use crate::sorting::{MOST_SORTED, too_many_to_sort};

/// Filter of a list.
pub(super) struct Selection<'a> {
    /// Kind, status and time.
    pub(super) filter: ServiceRequestFilter,
    /// E-mail of the submitter.
    pub(super) submitted_by: Option<&'a Email>,
    /// Time by which the list is sorted.
    pub(super) sort: ServiceRequestSort,
    /// Direction of the order.
    pub(super) order: SortOrder,
}

/// Time by which service requests are sorted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub(super) enum ServiceRequestSort {
    /// By the time of the submission.
    #[default]
    CreatedAt,
    /// By the time of the last change.
    UpdatedAt,
}

/// Direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub(super) enum SortOrder {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// Service requests that were read, each with its position in the list, and the position after which there may be more.
pub(super) type FoundRequests = (Vec<(String, ServiceRequest)>, Option<String>);

impl Selection<'_> {
    /// Number of service requests that are read at once if only those of one submitter are wanted. The submitter's e-mail
    /// is known only after they are read, so the page may be short.
    const READ_FOR_SUBMITTER: usize = 100;

    /// Returns the part of a list that is read for the requested page.
    pub(super) fn page_query(&self, context: &Context<'_>) -> PageQuery {
        let page_query = context.page_query(self.order == SortOrder::Ascending);
        match (self.sort, self.submitted_by) {
            // No key has the time of the last change, so all are read.
            (ServiceRequestSort::UpdatedAt, _) => PageQuery { size: MOST_SORTED, after: None, ..page_query },
            (_, Some(_)) => PageQuery { size: Self::READ_FOR_SUBMITTER, ..page_query },
            (_, None) => page_query,
        }
    }

    /// Returns the part of the service requests that the requested page covers. Those that were read are a page already,
    /// unless the list is sorted by the time of the last change.
    pub(super) fn in_order(
        &self,
        context: &Context<'_>,
        (found, next): FoundRequests,
    ) -> Result<FoundRequests, Failure> {
        if self.sort == ServiceRequestSort::CreatedAt {
            return Ok((found, next));
        }
        if next.is_some() {
            return Err(too_many_to_sort(MOST_SORTED).into());
        }
        let place = |one: &ServiceRequest| format!("{}#{}", one.metadata.updated_at, one.id);
        let mut all: Vec<_> = found.into_iter().map(|(_, one)| (place(&one), one)).collect();
        let is_ascending = self.order == SortOrder::Ascending;
        let compare = |one: &String, other: &String| match is_ascending {
            true => one.cmp(other),
            false => other.cmp(one),
        };
        all.sort_by(|(one, _), (other, _)| compare(one, other));
        let PageQuery { size, after, .. } = context.page_query(is_ascending);
        let size = self.submitted_by.map_or(size, |_| Self::READ_FOR_SUBMITTER);
        let is_before = |place: &String| after.as_ref().is_some_and(|after| compare(place, after).is_le());
        let mut rest = all.into_iter().skip_while(|(place, _)| is_before(place));
        let page: Vec<_> = rest.by_ref().take(size).collect();
        let next = rest.next().and(page.last().map(|(place, _)| place.clone()));
        Ok((page, next))
    }

    /// Reads a page of the service requests of an organization, with consistent reads, or of a month.
    pub(super) async fn read(
        &self,
        context: &Context<'_>,
        among: ServiceRequestScope,
    ) -> Result<FoundRequests, Failure> {
        let consistent = matches!(among, ServiceRequestScope::Organization(_));
        let all = ServiceRequests { among, selection: self.filter.clone() };
        let page_query = PageQuery { consistent, ..self.page_query(context) };
        let page = context.table.page(&all, &page_query, None).await?;
        let found = page.items.into_iter().map(|one| (all.place(one.id), one)).collect();
        self.in_order(context, (found, page.next))
    }

    /// Reads a page of the service requests of all organizations that are not solved, with consistent reads.
    pub(super) async fn read_unsolved(&self, context: &Context<'_>) -> Result<FoundRequests, Failure> {
        let all = UnsolvedRequests { from: self.filter.from, to: self.filter.to };
        let page_query = PageQuery { consistent: true, ..self.page_query(context) };
        let page = context.table.page(&all, &page_query, None).await?;
        let lookup = |one: &UnsolvedRequest| ServiceRequestOf(one.organization_id, one.service_request_id);
        let mut wanted = BatchGet::new();
        page.items.iter().for_each(|one| wanted.add(&lookup(one)));
        let found = context.table.fetch(wanted, true).await?;
        let is_wanted = |one: &ServiceRequest| !one.status.is_solved() && self.filter.wants(one);
        let mut items = Vec::new();
        for one in &page.items {
            let request = found.get(&lookup(one))?.filter(is_wanted);
            items.extend(request.map(|request| (one.service_request_id.to_string(), request)));
        }
        self.in_order(context, (items, page.next))
    }

    /// Returns service requests as the caller sees them. Those of other submitters, and those whose submitter the caller
    /// may not see, are left out if only those of one submitter are wanted.
    pub(super) async fn show(
        &self,
        context: &Context<'_>,
        actor: &Actor,
        (found, mut next): FoundRequests,
    ) -> Result<List<ServiceRequestView>, Failure> {
        let (places, requests): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let views = view_all(context, actor, requests).await?;
        let is_wanted = |view: &ServiceRequestView| {
            self.submitted_by.is_none_or(|email| view.submitter_email() == Some(email))
        };
        let mut items: Vec<_> = places.into_iter().zip(views).filter(|(_, view)| is_wanted(view)).collect();
        let size = context.page_query(false).size;
        if items.len() > size {
            items.truncate(size);
            next = items.last().map(|(place, _)| place.clone());
        }
        Ok(context.list_of_large(items, next)?)
    }
}
