//! `update-entitlement`

use api_runtime::table::CustomerById;
use api_runtime::{
    Answer, Change, Context, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request, Route,
    route,
};
use deserr::Deserr;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::EntitlementUpdated;
use domain::fault::{Check, Validated};
use domain::{
    Actor, Entitlement, ErrorKind, Fault, FaultPointer, Faults, Owner, ParseError, Patch, Role, Timestamp,
};
use schemars::JsonSchema;

use super::create_entitlement::check_interval;
use super::{EntitlementPath, EntitlementView, OF_SUBSCRIPTION, read};
use crate::party::require_active_organization;

/// Changes the start and the end of an entitlement.
pub struct UpdateEntitlement;

const ENDED: ErrorKind = ErrorKind::state(
    "entitlement-ended",
    "the entitlement was ended, which is irreversible: create another one instead",
);
const INVALID_INTERVAL: ErrorKind =
    ErrorKind::rule("invalid-interval", "the end would not be after the beginning: send both");

/// Request body: the fields to change.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateEntitlementBody {
    /// Time from which the product is owned; RFC 3339. `null` removes it, so that the product is owned from the creation
    /// of the entitlement on; if absent, it is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    starts_at: Patch<Timestamp>,
    /// Time at which ownership ends (exclusive); RFC 3339, after `startsAt`. `null` removes it, so that ownership has no
    /// end; if absent, it is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    ends_at: Patch<Timestamp>,
}

impl Check for UpdateEntitlementBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_interval(sent).into_iter().collect()
    }
}

impl Operation for UpdateEntitlement {
    const NAME: &str = "update-entitlement";
    const SUMMARY: &str = "Update an entitlement";
    const DESCRIPTION: &str = "Only operators may call it. The start and the end of an entitlement can be \
        changed at any time, also after it has expired: with a later end, it is active again. A field that \
        is not named is unchanged. An entitlement that was ended stays ended (409 `entitlement-ended`), and \
        one that a subscription provides begins and ends with its subscription (409 \
        `entitlement-of-subscription`). For a deactivated organization and its customers, the end cannot be \
        later than before (409 `organization-deactivated`). Idempotent: times that are set already change nothing. Records \
        `entitlement.updated`.";
    const ROUTES: &[Route] = &[
        route(
            Method::Patch,
            "/v1/organizations/{organizationId}/entitlements/{entitlementId}",
            &[Role::Operator],
        )
        .of("organization")
        .summarized("Update an entitlement of an organization"),
        route(Method::Patch, "/v1/customers/{customerId}/entitlements/{entitlementId}", &[Role::Operator])
            .of("customer")
            .summarized("Update an entitlement of a customer"),
    ];
    const ERRORS: &[ErrorKind] = &[ENDED, ORGANIZATION_DEACTIVATED, INVALID_INTERVAL];
    const SHARED_ERRORS: &[ErrorKind] = &[OF_SUBSCRIPTION];

    type Caller = Actor;
    type Path = EntitlementPath;
    type Query = Nothing;
    type Body = Json<Validated<UpdateEntitlementBody>>;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(Validated(wanted)) = body;
        let (before, fields) = read(context, actor, path).await?;
        let (seen, mut change) = (before.metadata.version, Change::new());
        let starts_at = wanted.starts_at.over(before.starts_at);
        let ends_at = wanted.ends_at.over(before.ends_at);
        if before.subscription_id.is_some() {
            change.reject(&OF_SUBSCRIPTION, &[]);
        } else if before.ended_at.is_some() {
            change.reject(&ENDED, &[]);
        } else if let Some((start, end)) = starts_at.zip(ends_at).filter(|(start, end)| start >= end) {
            change.reject_with(INVALID_INTERVAL.kind, against_stored(wanted, start, end));
        }
        let is_unchanged = (starts_at, ends_at) == (before.starts_at, before.ends_at);
        if is_unchanged || !change.is_acceptable() {
            change.confirm(&before, seen, context.if_match())?;
            let shown = EntitlementView::to(actor, before, &fields, context.now);
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.ends_at.is_some_and(|end| ends_at.is_none_or(|later| later > end)) {
            require_active_owner(context, &mut change, before.owner).await?;
        }
        let metadata = before.metadata.next(context.now);
        let entitlement = Entitlement { starts_at, ends_at, metadata, ..before };
        change.replace(&entitlement, seen, context.if_match())?;
        let entitlement_id = entitlement.id;
        change.record(entitlement.event(EntitlementUpdated { entitlement_id, starts_at, ends_at }));
        let shown = EntitlementView::to(actor, entitlement, &fields, context.now);
        context.commit(change, Answer::ok(shown)).await
    }
}

/// Requires that the organization that owns an entitlement, or to which its owner belongs, is active at commit.
async fn require_active_owner(
    context: &Context<'_>,
    change: &mut Change,
    owner: Owner,
) -> Result<(), Failure> {
    let organization = match owner {
        Owner::Organization(organization) => Some(organization),
        Owner::Customer(id) => {
            let customer = context.table.get(&CustomerById(id)).await.or_not_found()?;
            change.confirm(&customer, customer.metadata.version, None)?;
            customer.organization_id
        }
    };
    if let Some(organization) = organization {
        require_active_organization(change, organization);
    }
    Ok(())
}

/// Returns the fault of a start or an end that does not fit the stored end or start.
fn against_stored(wanted: &UpdateEntitlementBody, start: Timestamp, end: Timestamp) -> Fault {
    let (field, detail) = match &wanted.ends_at {
        Patch::Set(_) => ("endsAt", format!("must be after `startsAt`, which is `{start}`")),
        _ => ("startsAt", format!("must be before `endsAt`, which is `{end}`")),
    };
    Fault::new(FaultPointer::pointer(&[&field]), INVALID_INTERVAL.code, detail)
}
