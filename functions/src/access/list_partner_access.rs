//! `list-partner-access`

use std::sync::atomic::AtomicUsize;

use api_runtime::table::{
    AccessIn, AccessOfPartner, BatchGet, EmailInPartner, OrganizationById, PendingOfPartner,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrNotFound, PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::access::{MemberRecord, decide};
use domain::{Access, AccessRequestId, Actor, Email, ErrorKind, Faults, Level, Role, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::pending::{pending_among, pending_for, want_requests};
use super::view::{AccessView, grantees_of};
use crate::party::{Names, visible};
use crate::person_names::People;
use crate::sorting::{MOST_SORTED, TOO_MANY_TO_SORT, expiry_position, name_position, too_many_to_sort};

/// Lists the organizations to which a partner has or had access.
pub struct ListPartnerAccess;

/// Access of the partner to one organization.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerAccessItem {
    /// All access of the partner to the organization.
    #[serde(flatten)]
    access: AccessView,
    /// Access level that the caller has now. Absent if the caller has no access.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    /// Time from which the grant behind `level` is no longer active; RFC 3339, UTC. Absent if the caller has no access.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Ids of the partner's pending requests that are addressed to a contact manager who approved one of the listed
    /// grants.
    pending: Vec<AccessRequestId>,
}

/// Order of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListPartnerAccessQuery {
    /// Order of the organizations. Default: `organizationId`.
    #[deserr(default)]
    #[schemars(default)]
    sort: PartnerAccessSort,
}

/// Order of the organizations to which a partner has access.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
enum PartnerAccessSort {
    /// By the organization's id, which is the order in which the organizations were created.
    #[default]
    OrganizationId,
    /// By the expiry of the caller's own access; organizations to which the caller has none come last.
    ExpiresAt,
    /// By the organization's name, ignoring case, accents and punctuation.
    Name,
}

impl Operation for ListPartnerAccess {
    const NAME: &str = "list-partner-access";
    const SUMMARY: &str = "List organizations to which a partner has access";
    const DESCRIPTION: &str = "Members on the partner's record may call it. Returns one item for each \
        organization that has given the partner access, active or ended, whether or not it is in the \
        partner's directory (`list-partner-organizations`): the grants, the caller's own level and expiry, \
        and the pending requests, in the order of the organizations' ids unless `sort` selects another one. \
        An organization that gave its first access a moment ago may be missing, and access that changed a \
        moment ago may stand in its earlier place; the content of each item is current. More than 1,000 \
        organizations are not sorted by expiry or name (422 `too-many-to-sort`). A deactivated organization is \
        left out.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/partners/{partnerId}/access", &[Role::PartnerMember])];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = ListPartnerAccessQuery;
    type Body = Empty;
    type Output = List<PartnerAccessItem>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<PartnerAccessItem>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let PartnerPath { partner_id } = *path;
        actor.authorize_partner(partner_id)?;
        let email = actor.require_email()?;
        let (own, pending) = (EmailInPartner(partner_id, email.clone()), PendingOfPartner(partner_id));
        let mut wanted = BatchGet::new();
        wanted.add(&own);
        wanted.add(&pending);
        let caller_items = async { Ok(context.table.fetch(wanted, true).await?) };
        let all = AccessOfPartner(partner_id);
        let access = read_access(context, &all, query.sort);
        let (caller_items, access) = tokio::try_join!(caller_items, access)?;
        let member = caller_items.get(&own).or_not_found()?.member_record().or_not_found()?;
        let page = match (access, query.sort) {
            (Found::Page(page), _) => page,
            (Found::All(all), PartnerAccessSort::Name) => page_by_name(context, all).await?,
            (Found::All(all), _) => page_by_expiry(context, &all, &email, member),
        };

        // The index is eventually consistent, so the items are read again from the table.
        let pending = caller_items.get(&pending)?.map(|pending| pending.requests).unwrap_or_default();
        let mut wanted = BatchGet::new();
        page.items.iter().for_each(|found| wanted.add(&AccessIn(found.organization_id, partner_id)));
        want_requests(&mut wanted, &pending);
        let organizations = page.items.iter().map(|found| found.organization_id);
        let mut named = BatchGet::new();
        Names::want(&mut named, std::iter::once(partner_id), organizations.clone());
        People::want(&mut named, page.items.iter().flat_map(grantees_of));
        let (read, named) =
            tokio::try_join!(context.table.fetch(wanted, true), context.table.fetch(named, false))?;
        let names = Names::among(&named, std::iter::once(partner_id), organizations)?;
        let members = People::among(&named, page.items.iter().flat_map(grantees_of))?;
        let requests = pending_among(&read, &pending, context.now)?;
        let mut items = Vec::new();
        for found in page.items {
            let Some(access) = read.get(&AccessIn(found.organization_id, partner_id))? else { continue };
            if visible(actor, named.get(&OrganizationById(found.organization_id))?).is_err() {
                continue;
            }
            let by = decide(&access.grants, &email, Some(member), context.now).by;
            items.push(PartnerAccessItem {
                level: by.map(|grant| grant.level),
                expires_at: by.map(|grant| grant.expires_at),
                pending: pending_for(&access, &requests).map(|request| request.id).collect(),
                access: AccessView::of(&access, &names, context.now).named_by(&members),
            });
        }
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}

/// Access that the index found: the requested page, or all of it to be sorted.
enum Found {
    Page(List<Access>),
    All(Vec<Access>),
}

async fn read_access(
    context: &Context<'_>,
    listing: &AccessOfPartner,
    sort: PartnerAccessSort,
) -> Result<Found, Failure> {
    match sort {
        PartnerAccessSort::OrganizationId => Ok(Found::Page(context.page(listing, true).await?)),
        PartnerAccessSort::ExpiresAt | PartnerAccessSort::Name => {
            let left = AtomicUsize::new(MOST_SORTED);
            let all = context.table.list_at_most(listing, false, &left).await?;
            Ok(Found::All(all.ok_or_else(|| too_many_to_sort(MOST_SORTED))?))
        }
    }
}

/// Returns the requested page of access in the order of the organizations' names, which one more read finds.
async fn page_by_name(context: &Context<'_>, all: Vec<Access>) -> Result<List<Access>, Failure> {
    let names =
        Names::of(context, std::iter::empty(), all.iter().map(|access| access.organization_id)).await?;
    let place = |access: &Access| {
        let id = access.organization_id;
        name_position(names.organization(id).name.as_ref(), &id.to_string())
    };
    Ok(context.page_of_all(all.into_iter().map(|access| (place(&access), access)).collect()))
}

/// Returns the requested page of access in the order in which the member's own access expires.
fn page_by_expiry(
    context: &Context<'_>,
    all: &[Access],
    email: &Email,
    member: MemberRecord,
) -> List<Access> {
    let positioned = all.iter().map(|access| {
        let by = decide(&access.grants, email, Some(member), context.now).by;
        let expires_at = by.map(|grant| grant.expires_at);
        (expiry_position(expires_at, &access.organization_id.to_string()), access.clone())
    });
    context.page_of_all(positioned.collect())
}
