//! `end-entitlement`

use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::event::EntitlementEnded;
use domain::{Actor, Entitlement, EntitlementStatus, Reason, Role};

use super::{OfEntitlement, Shown, read};

/// Ends an entitlement.
pub struct EndEntitlement;

const OF_SUBSCRIPTION: Reason = Reason::state(
    "entitlement-of-subscription",
    "a subscription gives this entitlement, and it ends with that: deactivate the subscription",
);

impl Operation for EndEntitlement {
    const NAME: &str = "end-entitlement";
    const ABOUT: &str =
        "Ends an entitlement, now and for good: it is kept, and shown as ended. Again changes nothing.";
    const ROUTES: &[Route] = &[
        route(
            Method::Post,
            "/v1/organizations/{organizationId}/entitlements/{entitlementId}/end",
            &[Role::Operator],
        )
        .of("organization"),
        route(Method::Post, "/v1/customers/{customerId}/entitlements/{entitlementId}/end", &[Role::Operator])
            .of("customer"),
    ];
    const REASONS: &[Reason] = &[OF_SUBSCRIPTION];

    type Caller = Actor;
    type Path = OfEntitlement;
    type Query = Nothing;
    type Body = Empty;
    type Output = Shown;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Shown>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (before, fields) = read(context, actor, path).await?;
        let (seen, mut change) = (before.stamp.version, Change::new());
        if before.status(context.now) == EntitlementStatus::Ended {
            change.confirm(&before, seen, context.if_match())?;
            let shown = Shown::to(actor, before, &fields, context.now);
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.subscription_id.is_some() {
            return Err(OF_SUBSCRIPTION.refuse(&[]).into());
        }
        let stamp = before.stamp.next(context.now);
        let entitlement = Entitlement { ended_at: Some(context.now), stamp, ..before };
        change.replace(&entitlement, seen, context.if_match())?;
        let ended = EntitlementEnded { entitlement_id: entitlement.id };
        change.record(entitlement.event(ended));
        let shown = Shown::to(actor, entitlement, &fields, context.now);
        context.commit(change, Answer::ok(shown)).await
    }
}
