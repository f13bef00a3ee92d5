//! Access requests in API responses, and the pages of their lists.

use std::sync::atomic::AtomicUsize;

use api_runtime::table::{BatchGet, ListPattern};
use api_runtime::{Context, Failure, List, Output};
use deserr::Deserr;
use domain::access::RequestedGrant;
use domain::{
    AccessRequest, AccessRequestId, Description, Email, Faults, Individual, Level, MemberId, Metadata, Name,
    OrganizationId, PartnerId, PersonRef, RequestState, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party};
use crate::person_names::{NamedPerson, People};
use crate::sorting::{MOST_SORTED, too_many_to_sort};

/// Maximum number of requests that are counted by their state.
const MOST_COUNTED: usize = 500;

/// An access request, with the names of the people and parties that it concerns.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequestView {
    /// Id of the request.
    id: AccessRequestId,
    /// Id of the partner that requests the access.
    partner_id: PartnerId,
    /// Partner that requests the access.
    partner: Party<PartnerId>,
    /// Member who submitted the request.
    requested_by: NamedMember,
    /// E-mail of the contact manager to whom the request is addressed; at most 254 bytes. Absent if the contact manager was
    /// erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_manager_email: Option<Email>,
    /// The value `true` if the contact manager was erased, and therefore has no e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    contact_manager_erased: bool,
    /// Access level that is requested for all members of the partner, including future ones. Absent if none is
    /// requested for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_level: Option<Level>,
    /// Access that is requested for single members; at most 20. Absent if none is requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    individuals: Vec<RequestedMember>,
    /// Time at which the requested access is to expire, exclusive; RFC 3339, UTC.
    expires_at: Timestamp,
    /// Reason for the request; 1 to 1,000 characters. Absent if none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Description>,
    /// State of the request at the time of the response.
    state: RequestState,
    /// Time until which the request can be decided, exclusive; RFC 3339, UTC. It is 90 days after the submission, or
    /// `expiresAt` if that is earlier.
    lapses_at: Timestamp,
    /// Time at which the request was approved, declined or cancelled, or lapsed; RFC 3339, UTC. Absent while it is
    /// pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Id of the organization in which access was granted. Absent if the request was not approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
    /// Organization in which access was granted. Absent if the request was not approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Party<OrganizationId>>,
    /// Reason for which the request was declined; 1 to 1,000 characters. Absent if none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_reason: Option<Description>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    metadata: Metadata,
}

/// A member whom an access request names.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedMember {
    /// Id of the member. A person who is removed and added again has a new id.
    member_id: MemberId,
    /// E-mail of the member; at most 254 bytes. Absent if the member was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Current name of the member; 1 to 200 characters. Absent if the member was erased, or could not be found, such as right
    /// after it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// The value `true` if the member was erased, and therefore has neither name nor e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

/// A member for whom access is requested.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestedMember {
    /// Member for whom access is requested.
    #[serde(flatten)]
    member: NamedMember,
    /// Access level that is requested.
    level: Level,
}

impl AccessRequestView {
    fn of(request: AccessRequest, names: &Names, members: &People) -> Self {
        let named = |one: Individual| {
            let known = NamedPerson::of_email(one.email);
            NamedMember {
                name: members.member(one.member_id).filter(|_| !known.is_erased),
                member_id: one.member_id,
                email: known.email,
                erased: known.is_erased,
            }
        };
        let manager = NamedPerson::of_email(request.contact_manager_email);
        let requested =
            |one: RequestedGrant| RequestedMember { level: one.level, member: named(one.individual) };
        Self {
            id: request.id,
            partner_id: request.partner_id,
            partner: names.partner(request.partner_id),
            requested_by: named(request.requested_by),
            contact_manager_email: manager.email,
            contact_manager_erased: manager.is_erased,
            organization_level: request.organization_level,
            individuals: request.individuals.into_iter().map(requested).collect(),
            expires_at: request.expires_at,
            reason: request.reason,
            state: request.state,
            lapses_at: request.lapses_at,
            decided_at: request.decided_at,
            organization_id: request.organization_id,
            organization: request.organization_id.map(|id| names.organization(id)),
            decline_reason: request.decline_reason,
            metadata: request.metadata,
        }
    }

    /// Returns access requests with all names, which takes one read.
    pub(super) async fn of_all(
        context: &Context<'_>,
        requests: Vec<AccessRequest>,
    ) -> Result<Vec<Self>, Failure> {
        let partners = requests.iter().map(|request| request.partner_id);
        let organizations = requests.iter().filter_map(|request| request.organization_id);
        let mut wanted = BatchGet::new();
        Names::want(&mut wanted, partners.clone(), organizations.clone());
        People::want(&mut wanted, requests.iter().flat_map(members_of));
        let found = context.table.fetch(wanted, false).await?;
        let names = Names::among(&found, partners, organizations)?;
        let members = People::among(&found, requests.iter().flat_map(members_of))?;
        let views = requests.into_iter().map(|one| Self::of(one.at(context.now), &names, &members));
        Ok(views.collect())
    }
}

impl Output for AccessRequestView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

/// Filter of the lists of access requests.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessRequestsQuery {
    /// Only requests in this state. Default: all.
    #[deserr(default)]
    state: Option<RequestState>,
    /// Order of the requests: `createdAt` (newest first, the default), or `lapsesAt` (earliest first).
    #[deserr(default)]
    #[schemars(default)]
    sort: AccessRequestSort,
}

/// Order of access requests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
enum AccessRequestSort {
    /// By submission, newest first.
    #[default]
    CreatedAt,
    /// By the time until which they can be decided, earliest first.
    LapsesAt,
}

/// Numbers of access requests by their state.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct AccessRequestCounts {
    /// Number of requests that wait for a decision.
    pending: u64,
    /// Number of requests that a contact manager approved.
    approved: u64,
    /// Number of requests that a contact manager declined.
    declined: u64,
    /// Number of requests that the partner cancelled.
    cancelled: u64,
    /// Number of requests that were not decided in time.
    lapsed: u64,
}

impl AccessRequestCounts {
    fn of(requests: Vec<AccessRequest>, now: Timestamp) -> Self {
        let mut counts = Self::default();
        for request in requests {
            *match request.at(now).state {
                RequestState::Pending => &mut counts.pending,
                RequestState::Approved => &mut counts.approved,
                RequestState::Declined => &mut counts.declined,
                RequestState::Cancelled => &mut counts.cancelled,
                RequestState::Lapsed => &mut counts.lapsed,
            } += 1;
        }
        counts
    }
}

/// A page of access requests.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessRequestPage {
    #[serde(flatten)]
    list: List<AccessRequestView>,
    /// Numbers of requests by their state, whatever `state` selects. Present on the first page. Absent if there are
    /// more than 500 requests, which are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<AccessRequestCounts>,
}

impl Output for AccessRequestPage {
    fn next_page_token(&self) -> Option<&str> {
        self.list.next_page_token()
    }
}

/// Reads the requested page of a list of access requests, newest first. The first page has the counts.
pub(super) async fn read_page<L: ListPattern<Entity = AccessRequest>>(
    context: &Context<'_>,
    listing: &L,
    query: &AccessRequestsQuery,
) -> Result<AccessRequestPage, Failure> {
    let page = async {
        match query.state {
            _ if query.sort == AccessRequestSort::LapsesAt => {
                page_by_lapse(context, listing, query.state).await
            }
            None => context.page(listing, false).await,
            Some(state) => {
                let wanted = |one: &AccessRequest| one.clone().at(context.now).state == state;
                context.filtered_page(listing, false, wanted).await
            }
        }
    };
    let counts = async {
        if context.page_query(false).after.is_some() {
            return Ok(None);
        }
        let all = context.table.list_at_most(listing, false, &AtomicUsize::new(MOST_COUNTED)).await?;
        Ok(all.map(|all| AccessRequestCounts::of(all, context.now)))
    };
    let (List { items, next_page_token }, counts) = tokio::try_join!(page, counts)?;
    let list = List { items: AccessRequestView::of_all(context, items).await?, next_page_token };
    Ok(AccessRequestPage { list, counts })
}

/// Reads all requests of a list, and returns the requested page in the order in which they lapse.
async fn page_by_lapse<L: ListPattern<Entity = AccessRequest>>(
    context: &Context<'_>,
    listing: &L,
    state: Option<RequestState>,
) -> Result<List<AccessRequest>, Failure> {
    let all = context.table.list_at_most(listing, false, &AtomicUsize::new(MOST_SORTED)).await?;
    let all = all.ok_or_else(|| too_many_to_sort(MOST_SORTED))?.into_iter();
    let is_wanted =
        |one: &AccessRequest| state.is_none_or(|state| one.clone().at(context.now).state == state);
    let wanted = all.filter(is_wanted).map(|one| (format!("{}#{}", one.lapses_at, one.id), one));
    Ok(context.page_of_all(wanted.collect()))
}

/// Returns the members whom an access request names: its submitter, and those for whom access is requested.
fn members_of(request: &AccessRequest) -> impl Iterator<Item = PersonRef> + '_ {
    let individuals = request.individuals.iter().map(|one| one.individual.member_id);
    std::iter::once(request.requested_by.member_id).chain(individuals).map(PersonRef::Member)
}
