//! `end-entitlement`

use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::event::EntitlementEnded;
use domain::{Actor, Entitlement, EntitlementStatus, ErrorKind, Role};

use super::{EntitlementPath, EntitlementView, OF_SUBSCRIPTION, read};

/// Ends an entitlement.
pub struct EndEntitlement;

impl Operation for EndEntitlement {
    const NAME: &str = "end-entitlement";
    const SUMMARY: &str = "End an entitlement";
    const DESCRIPTION: &str = "Only operators may call it. The entitlement ends immediately and \
        irreversibly, an upcoming one at its start; it is kept, and shown with the status `ended`. \
        Idempotent: an entitlement that has ended already is returned unchanged. An entitlement that a \
        subscription provides ends only with its subscription (409 `entitlement-of-subscription`). Records \
        `entitlement.ended`.";
    const ROUTES: &[Route] = &[
        route(
            Method::Post,
            "/v1/organizations/{organizationId}/entitlements/{entitlementId}/end",
            &[Role::Operator],
        )
        .of("organization")
        .summarized("End an entitlement of an organization"),
        route(Method::Post, "/v1/customers/{customerId}/entitlements/{entitlementId}/end", &[Role::Operator])
            .of("customer")
            .summarized("End an entitlement of a customer"),
    ];
    const SHARED_ERRORS: &[ErrorKind] = &[OF_SUBSCRIPTION];

    type Caller = Actor;
    type Path = EntitlementPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (before, fields) = read(context, actor, path).await?;
        let (seen, mut change) = (before.metadata.version, Change::new());
        if before.status(context.now) == EntitlementStatus::Ended {
            change.confirm(&before, seen, context.if_match())?;
            let shown = EntitlementView::to(actor, before, &fields, context.now);
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.subscription_id.is_some() {
            return Err(OF_SUBSCRIPTION.refuse(&[]).into());
        }
        let metadata = before.metadata.next(context.now);
        let ended_at = Some(before.end_now(context.now));
        let entitlement = Entitlement { ended_at, metadata, ..before };
        change.replace(&entitlement, seen, context.if_match())?;
        let ended = EntitlementEnded { entitlement_id: entitlement.id, ended_at };
        change.record(entitlement.event(ended));
        let shown = EntitlementView::to(actor, entitlement, &fields, context.now);
        context.commit(change, Answer::ok(shown)).await
    }
}
