//! `request-access`

use std::collections::BTreeSet;

use api_runtime::table::{
    BatchGet, EmailInPartner, Expression, MOST_PENDING, PendingOfPartner, add_pending, replace_pending,
};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, OrNotFound,
    PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::access::{EXPIRY_PASSED, EXPIRY_TOO_FAR};
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::event::AccessRequested;
use domain::fault::{Check, Validated};
use domain::{
    AccessRequest, AccessRequestId, Actor, Description, Email, ErrorKind, Faults, Individual, Level,
    MemberId, Metadata, NewEvent, ParseError, PartnerId, ProblemKind, RequestState, Role, Timestamp,
};
use schemars::JsonSchema;

use super::pending::{pending_among, want_requests};
use super::{MemberLevel, NOT_A_MEMBER, check_terms, find_members, require_expiry, want_members};
use crate::party::require_active_partner;

/// Requests access to an organization for members of a partner.
pub struct RequestAccess;

const ADMIN_REQUIRED: ErrorKind = ErrorKind::forbidden(
    "admin-required",
    "only a partner admin may request access for others: ask an admin, or request it for yourself",
);
const TOO_MANY_PENDING: ErrorKind = ErrorKind::state(
    "too-many-pending",
    "the partner already has 50 pending requests: cancel one, or wait for a decision",
);

/// Access to be requested, and the contact manager who decides.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestAccessBody {
    /// E-mail of the contact manager who is asked to approve the request, at most 254 bytes. The response does not
    /// reveal whether it belongs to anyone.
    contact_manager_email: Email,
    /// Time from which the access is no longer active, in the future and at most 24 months from now by the calendar of
    /// UTC; RFC 3339 with any offset.
    expires_at: Timestamp,
    /// Access level for all members of the partner, including members added later. If it is absent or `null`,
    /// `individuals` must not be empty.
    #[deserr(default)]
    organization_level: Option<Level>,
    /// Individual members and their levels: at most 20 members of the partner, each e-mail once. Default: none.
    #[deserr(default)]
    #[schemars(default, length(max = 20))]
    individuals: Vec<MemberLevel>,
    /// Reason for the request, which the contact manager can read; 1 to 1,000 characters. Optional.
    #[deserr(default)]
    reason: Option<Description>,
}

impl Check for RequestAccessBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_terms(sent)
    }
}

impl Operation for RequestAccess {
    const NAME: &str = "request-access";
    const SUMMARY: &str = "Request access to an organization";
    const DESCRIPTION: &str = "Partner members request access for themselves; partner admins also for other \
        members and for all members of their partner. The request is addressed to the e-mail of a contact \
        manager; the response is the same whether or not the e-mail belongs to anyone. A request names at \
        most 20 individual members, and a partner has at most 50 pending requests. A request that is not \
        decided within 90 days, or before its `expiresAt` if that is earlier, lapses (`access.lapsed`) and no \
        longer counts; until then the partner can cancel it. Records `access.requested`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/partners/{partnerId}/access-requests", &[Role::PartnerMember])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] =
        &[TOO_MANY_PENDING, PARTNER_DEACTIVATED, EXPIRY_PASSED, EXPIRY_TOO_FAR, ADMIN_REQUIRED, NOT_A_MEMBER];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Json<Validated<RequestAccessBody>>;
    type Output = AccessRequest;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequest>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (PartnerPath { partner_id }, Json(Validated(requested))) = (path, body);
        actor.authorize_partner(*partner_id)?;
        let email = actor.require_email()?;
        let own = EmailInPartner(*partner_id, email.clone());
        let mut wanted = BatchGet::new();
        wanted.add(&own);
        let pending = PendingOfPartner(*partner_id);
        wanted.add(&pending);
        want_members(&mut wanted, *partner_id, &requested.individuals);
        let found = context.table.fetch(wanted, true).await?;
        let record = found.get(&own).or_not_found()?;
        let member_id: MemberId = record.person().or_not_found()?;

        let mut change = Change::new();
        // A concurrent deactivation either sees the new request or makes this fail.
        require_active_partner(&mut change, *partner_id, None);
        require_expiry(&mut change, requested.expires_at, context.now);
        let mut unchanged = Expression::new("#owner = :owner").text("owner", member_id.to_string());
        if requested.organization_level.is_some()
            || requested.individuals.iter().any(|one| one.email != email)
        {
            if actor.has_one_of(&[Role::PartnerAdmin]) && record.is_manager() {
                unchanged = Expression::new("#owner = :owner AND #manager = :yes")
                    .text("owner", member_id.to_string());
                unchanged = unchanged.bool("yes", true);
            } else {
                change.reject(&ADMIN_REQUIRED, &[]);
            }
        }
        change.require_that(&own, unchanged, |_| ConditionFailure::Stale);
        let individuals = find_members(&mut change, &found, *partner_id, &requested.individuals)?;
        let request = AccessRequest {
            id: context.id(),
            partner_id: *partner_id,
            requested_by: Individual { member_id, email },
            contact_manager_email: requested.contact_manager_email.clone(),
            organization_level: requested.organization_level,
            individuals,
            expires_at: requested.expires_at,
            reason: requested.reason.clone(),
            state: RequestState::Pending,
            lapses_at: AccessRequest::lapse_time(requested.expires_at, context.now),
            decided_at: None,
            organization_id: None,
            decline_reason: None,
            metadata: Metadata::new(context.now),
        };
        change.create(&request)?;
        let pending = found.get(&pending)?.map(|pending| pending.requests).unwrap_or_default();
        count_pending(context, &mut change, *partner_id, pending, request.id).await?;
        let requested = AccessRequested { request_id: request.id };
        change.record(NewEvent::of_partner(requested, *partner_id).about(request.metadata));

        let location = format!("/v1/access-requests/{}", request.id);
        context.commit(change, Answer::created(location, request)).await
    }
}

/// Adds a request to the partner's pending ones. If there are as many as allowed, those that have lapsed make room,
/// whether or not the scheduled job has run; it still records that they lapsed.
async fn count_pending(
    context: &Context<'_>,
    change: &mut Change,
    partner_id: PartnerId,
    seen: BTreeSet<AccessRequestId>,
    new: AccessRequestId,
) -> Result<(), Failure> {
    let is_full = |requests: &BTreeSet<_>| requests.len() as u64 >= MOST_PENDING;
    let pending = PendingOfPartner(partner_id);
    if !is_full(&seen) {
        change.update(&pending, add_pending(new), |_| ConditionFailure::Stale);
        return Ok(());
    }
    let mut wanted = BatchGet::new();
    want_requests(&mut wanted, &seen);
    let found = context.table.fetch(wanted, true).await?;
    let open = pending_among(&found, &seen, context.now)?;
    let mut open: BTreeSet<_> = open.into_iter().map(|request| request.id).collect();
    if is_full(&open) {
        let fault = TOO_MANY_PENDING.at(&[]).with_limit(MOST_PENDING, Some(MOST_PENDING));
        change.reject_with(ProblemKind::State, fault);
        return Ok(());
    }
    open.insert(new);
    change.update(&pending, replace_pending(&seen, &open), |_| ConditionFailure::Stale);
    Ok(())
}
