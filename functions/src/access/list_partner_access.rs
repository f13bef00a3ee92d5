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

/// Shows a partner its customers.
pub struct ListPartnerAccess;

/// A customer of a partner's, and what the partner may do there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerAccessItem {
    /// The access.
    #[serde(flatten)]
    access: AccessView,
    /// How far the caller itself may go now; none if nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    /// Until when, not included.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// The requests that are pending with who approved for this organization before.
    pending: Vec<AccessRequestId>,
}

impl Operation for ListPartnerAccess {
    const NAME: &str = "list-partner-access";
    const ABOUT: &str = "Lists the organizations in which a partner has, or had, access: how far it goes, for whom and until when, and which changes are pending.";
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
        let beside = async { Ok(context.table.fetch(wanted, true).await?) };
        let access = AccessOfPartner(partner_id);
        let (beside, page) = tokio::try_join!(beside, context.page(&access, true))?;
        let member = beside.get(&own).or_not_found()?.member_record()?;

        // The index is late: what it found is read again.
        let pending = beside.get(&pending)?.map(|pending| pending.requests).unwrap_or_default();
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

/// The requests that are addressed to an e-mail whose owner gave this access: so much the partner knows.
fn pending_for(access: &Access, requests: &[AccessRequest]) -> Vec<AccessRequestId> {
    let known = |request: &&AccessRequest| {
        let mut origin = access.grants.iter().filter_map(|grant| grant.origin.as_ref());
        origin.any(|origin| origin.contact_manager_email == request.contact_manager_email)
    };
    requests.iter().filter(known).map(|request| request.id).collect()
}
