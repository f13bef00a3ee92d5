//! `list-partner-access`

use api_runtime::table::{
    AccessIn, AccessOfPartner, BatchGet, EmailInPartner, PendingOfPartner, RequestById,
};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, OrNotFound, PartnerPath, Reply, Request, Route, route,
};
use domain::access::decide;
use domain::{Access, AccessRequest, AccessRequestId, Actor, Level, RequestState, Role, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::AccessView;
use crate::party::Names;

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

impl Operation for ListPartnerAccess {
    const NAME: &str = "list-partner-access";
    const SUMMARY: &str = "List organizations to which a partner has access";
    const DESCRIPTION: &str = "Members on the partner's record may call it. Returns one item for each \
        organization that has given the partner access, active or ended, whether or not it is in the \
        partner's directory (`list-partner-organizations`): the grants, the caller's own level and expiry, \
        and the pending requests, in the order of the organizations' ids. An organization that gave its first \
        access a moment ago may be missing; the content of each item is current.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/partners/{partnerId}/access", &[Role::PartnerMember])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<PartnerAccessItem>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<PartnerAccessItem>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let PartnerPath { partner_id } = *path;
        actor.authorize_partner(partner_id)?;
        let email = actor.require_email()?;
        let (own, pending) = (EmailInPartner(partner_id, email.clone()), PendingOfPartner(partner_id));
        let mut wanted = BatchGet::new();
        wanted.add(&own);
        wanted.add(&pending);
        let caller_items = async { Ok(context.table.fetch(wanted, true).await?) };
        let access = AccessOfPartner(partner_id);
        let (caller_items, page) = tokio::try_join!(caller_items, context.page(&access, true))?;
        let member = caller_items.get(&own).or_not_found()?.member_record().or_not_found()?;

        // The index is eventually consistent, so the items are read again from the table.
        let pending = caller_items.get(&pending)?.map(|pending| pending.requests).unwrap_or_default();
        let mut wanted = BatchGet::new();
        page.items.iter().for_each(|found| wanted.add(&AccessIn(found.organization_id, partner_id)));
        pending.iter().for_each(|request| wanted.add(&RequestById(*request)));
        let organizations = page.items.iter().map(|found| found.organization_id);
        let names = Names::of(context, [partner_id].into_iter(), organizations);
        let read = async { Ok(context.table.fetch(wanted, true).await?) };
        let (read, names) = tokio::try_join!(read, names)?;
        let mut requests = Vec::new();
        for request in pending {
            let request = read.get(&RequestById(request))?.map(|request| request.at(context.now));
            requests.extend(request.filter(|request| request.state == RequestState::Pending));
        }
        let mut items = Vec::new();
        for found in page.items {
            let Some(access) = read.get(&AccessIn(found.organization_id, partner_id))? else { continue };
            let by = decide(&access.grants, &email, Some(member), context.now).by;
            items.push(PartnerAccessItem {
                level: by.map(|grant| grant.level),
                expires_at: by.map(|grant| grant.expires_at),
                pending: pending_for(&access, &requests),
                access: AccessView::of(&access, &names, context.now),
            });
        }
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}

/// Returns the requests addressed to an e-mail whose owner approved a grant of this access. The partner already knows
/// from the approval that the e-mail belongs to the organization, so this reveals nothing new.
fn pending_for(access: &Access, requests: &[AccessRequest]) -> Vec<AccessRequestId> {
    let known = |request: &&AccessRequest| {
        let mut origin = access.grants.iter().filter_map(|grant| grant.origin.as_ref());
        origin.any(|origin| origin.contact_manager_email == request.contact_manager_email)
    };
    requests.iter().filter(known).map(|request| request.id).collect()
}
