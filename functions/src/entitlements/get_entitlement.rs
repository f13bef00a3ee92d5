//! `get-entitlement`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::{EntitlementPath, EntitlementView, read};

/// Shows an entitlement.
pub struct GetEntitlement;

impl Operation for GetEntitlement {
    const NAME: &str = "get-entitlement";
    const ABOUT: &str =
        "Shows an entitlement to the vendor and its owner's people, with the details that they may view.";
    const ROUTES: &[Route] = &[
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/entitlements/{entitlementId}",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("organization"),
        route(
            Method::Get,
            "/v1/customers/{customerId}/entitlements/{entitlementId}",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("customer"),
    ];

    type Caller = Actor;
    type Path = EntitlementPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (entitlement, fields) = read(context, actor, path).await?;
        Ok(Reply::ok(EntitlementView::to(actor, entitlement, &fields, context.now)))
    }
}
