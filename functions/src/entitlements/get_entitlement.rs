//! `get-entitlement`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::{EntitlementPath, EntitlementView, read};
use crate::person_names::People;

/// Returns an entitlement.
pub struct GetEntitlement;

impl Operation for GetEntitlement {
    const NAME: &str = "get-entitlement";
    const SUMMARY: &str = "Get an entitlement";
    const DESCRIPTION: &str = "Operators and agents may read every entitlement, customers those of their \
        organization and their own; for everyone else it does not exist (404). `details` contains only the \
        fields that the caller's role may view. `externalId` and `detailsChanged` are visible only to \
        operators and agents, `subscriptionId` also to contact managers.";
    const ROUTES: &[Route] = &[
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/entitlements/{entitlementId}",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("organization")
        .summarized("Get an entitlement of an organization"),
        route(
            Method::Get,
            "/v1/customers/{customerId}/entitlements/{entitlementId}",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("customer")
        .summarized("Get an entitlement of a customer"),
    ];

    type Caller = Actor;
    type Path = EntitlementPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (entitlement, fields) = read(context, actor, path).await?;
        let author = EntitlementView::details_author(actor, &entitlement);
        let people = People::read(context, author.into_iter()).await?;
        let shown = EntitlementView::to(actor, entitlement, &fields, context.now);
        Ok(Reply::ok(shown.named_by(&people)))
    }
}
