//! `get-me`

use api_runtime::context::caller::CallerStatus;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, RouteAuth, route};
use domain::actor::ActorKind;
use domain::{Actor, Role};

use super::me::{Me, OwnRecord};
use super::record::views;
use super::search_people::by_email;
use crate::party::Names;

/// Shows who the caller is.
pub struct GetMe;

impl Operation for GetMe {
    const NAME: &str = "get-me";
    const SUMMARY: &str = "Get the caller's identity, records and operations";
    const DESCRIPTION: &str = "Everyone with a token may call it. Returns what the token says, the caller's own \
        record with language and time zone, all records with the caller's verified e-mail, so that a partner's \
        member who is also a customer sees both, and the operations that the caller's role may call. Whether \
        a call succeeds also depends on the caller's record and access. A caller without a record gets what \
        the token says. The list of records is eventually consistent.";
    const ROUTES: &[Route] =
        &[route(Method::Get, "/v1/me", &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer])];

    const OPEN_TO_INACTIVE: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = Me;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Me>, Failure> {
        let Request { context, caller: actor, .. } = request;
        let found = async {
            match &actor.email {
                Some(email) => by_email(context, email).await,
                None => Ok(Vec::new()),
            }
        };
        let (partner, organization) = match actor.kind {
            ActorKind::Partner { partner, .. } => (Some(partner), None),
            _ => (None, actor.organization()),
        };
        let names = Names::of(context, partner.into_iter(), organization.into_iter());
        let status = async { Ok(context.caller_status().await?) };
        let (found, names, status) = tokio::try_join!(found, names, status)?;
        let records = views(context, found.into_iter().map(|(_, record)| record).collect());
        let (own, records) = tokio::try_join!(OwnRecord::read(context), records)?;
        let is_inactive = matches!(status, Some(CallerStatus::Inactive));
        Ok(Reply::ok(Me::new(actor, own, (&names, records), operations_of(actor, is_inactive))))
    }
}

/// Returns the ids of the operations that the caller's role may call; of those, an inactive caller may call few.
fn operations_of(actor: &Actor, is_inactive: bool) -> Vec<String> {
    let is_open = |route: &&Route| matches!(route.access, RouteAuth::Roles(roles) if actor.has_one_of(roles));
    let mut ids = Vec::new();
    let described = crate::operations().into_iter().map(|entry| entry.description);
    for description in described.filter(|description| !is_inactive || description.open_to_inactive) {
        let routes = description.routes.iter().filter(is_open);
        ids.extend(routes.map(|route| description.operation_id(route)));
    }
    ids
}
