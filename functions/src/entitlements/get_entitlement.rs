//! `get-entitlement`

use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, Role};

use super::{OfEntitlement, Shown, read};

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
    type Path = OfEntitlement;
    type Query = Nothing;
    type Body = Empty;
    type Output = Shown;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<Shown>, Failure> {
        let (entitlement, fields) = read(context, actor, &input.path).await?;
        Ok(Answer::ok(Shown::to(actor, entitlement, &fields, context.now)))
    }
}
