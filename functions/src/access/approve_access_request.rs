//! `approve-access-request`

use api_runtime::table::{AccessInOrganization, BatchGet, RequestById};
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::access::{EXPIRY_PASSED, GrantOrigin, RequestedGrant, TOO_MANY_INDIVIDUALS};
use domain::deactivation::{ORGANIZATION_DEACTIVATED, PARTNER_DEACTIVATED};
use domain::event::AccessApproved;
use domain::fault::{Check, Validated};
use domain::{
    AccessRequest, Actor, ErrorKind, Faults, Grant, Level, ParseError, Patch, RequestState, Role, Timestamp,
};
use schemars::JsonSchema;

use super::grants::{NewGrants, RECORD_REPLACED, add_grants, require_grantee_records};
use super::{
    AccessRequestPath, MemberLevel, NOT_A_MEMBER, SELF_GRANT_FORBIDDEN, check_individuals, close_request,
    require_addressee, require_caller_is_not_member, require_pending,
};
use crate::party::{require_active_organization, require_active_partner};

/// Approves an access request, in full or in part.
pub struct ApproveAccessRequest;

const EXCEEDS_REQUEST: ErrorKind = ErrorKind::rule(
    "exceeds-request",
    "an approval grants at most what was requested: lower the level, remove the member, or choose an earlier expiry",
);
const NO_GRANTS_LEFT: ErrorKind = ErrorKind::rule(
    "no-grants-left",
    "the approval grants nothing: name a level or a member, or decline the request",
);

/// Reductions of the requested access. An empty object approves the request in full.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveAccessRequestBody {
    /// Access level for all members of the partner, at most the requested one; `null` gives them no access. If absent,
    /// the requested level.
    #[deserr(default)]
    #[schemars(default)]
    organization_level: Patch<Level>,
    /// Requested individual members who receive access, at most 20, each e-mail once and at most at its requested
    /// level; all others receive none. If absent, all receive the requested access.
    #[deserr(default)]
    #[schemars(length(max = 20))]
    individuals: Option<Vec<MemberLevel>>,
    /// Time from which the access is no longer active, in the future and not after the requested time; RFC 3339.
    /// If absent, the requested time.
    #[deserr(default)]
    expires_at: Option<Timestamp>,
    /// Whether each grant is extended by its own length 30 days before it expires, or at half its length before if it
    /// is given for less than 60 days; the new expiry is at most 24 months ahead. Default: `false`.
    #[deserr(default)]
    #[schemars(default)]
    auto_extend: bool,
}

impl Check for ApproveAccessRequestBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let individuals = sent.get("individuals").and_then(serde_json::Value::as_array);
        check_individuals(individuals.map(Vec::as_slice).unwrap_or_default())
    }
}

impl Operation for ApproveAccessRequest {
    const NAME: &str = "approve-access-request";
    const SUMMARY: &str = "Approve an access request, in full or in part";
    const DESCRIPTION: &str = "The contact manager to whom the request is addressed approves it for their \
        organization, but not if they are a member of the partner. Levels, members and expiry may be \
        reduced, but not exceed the request. The grants are active at once, replace the partner's active \
        grants for the same people and can be revoked; at most 100 individual grants of a partner are active \
        in an organization. A request that is no longer pending is refused with 409. While a grant is active, \
        its grantees see the organization, also one that is not in the partner's directory. Records \
        `access.approved`, `access.granted` for each grant and `access.replaced` for each replaced one; later \
        `access.expiring` (30, 7 and 1 days before expiry) and `access.expired`, with `autoExtend` \
        instead `access.extended`. Grants of removed members end with `access.member-removed` when a new grant \
        needs their room, once the organization has approved an earlier request of the partner.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/approve", &[Role::ContactManager])];
    const ERRORS: &[ErrorKind] = &[
        AccessRequest::NOT_PENDING,
        ORGANIZATION_DEACTIVATED,
        PARTNER_DEACTIVATED,
        EXPIRY_PASSED,
        EXCEEDS_REQUEST,
        NO_GRANTS_LEFT,
        NOT_A_MEMBER,
        RECORD_REPLACED,
        SELF_GRANT_FORBIDDEN,
        TOO_MANY_INDIVIDUALS,
    ];

    type Caller = Actor;
    type Path = AccessRequestPath;
    type Query = Nothing;
    type Body = Json<Validated<ApproveAccessRequestBody>>;
    type Output = AccessRequest;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequest>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(Validated(body)) = body;
        let organization_id = actor.organization().or_not_found()?;
        // The partner is known only after the request is read. Reading the access of all partners at the same time
        // saves a round trip.
        let access = AccessInOrganization(organization_id);
        let access = context.table.list(&access, true);
        let request = RequestById(path.request_id);
        // Making room for new grants reads in this way, too, so that the function needs no further right.
        let mut wanted = BatchGet::new();
        wanted.add(&request);
        let (found, access) = tokio::try_join!(context.table.fetch(wanted, true), access)?;
        let before = found.get(&request).or_not_found()?;
        let access = access.into_iter().find(|access| access.partner_id == before.partner_id);

        let mut change = Change::new();
        require_addressee(&mut change, actor, &before)?;
        require_caller_is_not_member(&mut change, actor, before.partner_id)?;
        if !require_pending(context, &mut change, &before)? {
            return context.commit(change, Answer::ok(before)).await;
        }
        require_active_organization(&mut change, organization_id);
        require_active_partner(&mut change, before.partner_id, None);
        let new_grants = reduce_request(&mut change, &before, body);
        require_grantee_records(&mut change, actor, &new_grants);
        if new_grants.expires_at <= context.now {
            change.reject(&EXPIRY_PASSED, &[&"expiresAt"]);
        }
        let access = add_grants(context, &mut change, organization_id, access, new_grants).await?;
        let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
        let request = AccessRequest {
            state: RequestState::Approved,
            decided_at: Some(context.now),
            organization_id: Some(organization_id),
            metadata,
            ..before
        };
        let is_new =
            |grant: &&Grant| grant.origin.as_ref().is_some_and(|origin| origin.request_id == request.id);
        let grant_ids = access.grants.iter().filter(is_new).map(|grant| grant.id).collect();
        let approved = AccessApproved { request_id: request.id, grant_ids };
        close_request(context, &mut change, seen, &request, approved)?;
        context.commit(change, Answer::ok(request)).await
    }
}

/// Returns the grants to give: the request reduced by the body. Rejects the change for everything that exceeds the
/// request.
fn reduce_request(
    change: &mut Change,
    request: &AccessRequest,
    body: &ApproveAccessRequestBody,
) -> NewGrants {
    let mut exceeds = |steps: &[&dyn std::fmt::Display]| {
        change.reject(&EXCEEDS_REQUEST, steps);
    };
    let organization_level = body.organization_level.over(request.organization_level);
    if organization_level > request.organization_level {
        exceeds(&[&"organizationLevel"]);
    }
    let expires_at = body.expires_at.unwrap_or(request.expires_at);
    if expires_at > request.expires_at {
        exceeds(&[&"expiresAt"]);
    }
    let individuals: Vec<RequestedGrant> = match &body.individuals {
        None => request.individuals.clone(),
        Some(chosen) => {
            let reduced = |(index, one): (usize, &MemberLevel)| {
                let requested =
                    request.individuals.iter().find(|requested| requested.individual.email == one.email);
                match requested {
                    Some(requested) if one.level <= requested.level => {
                        return Some(RequestedGrant { level: one.level, ..requested.clone() });
                    }
                    Some(_) => exceeds(&[&"individuals", &index, &"level"]),
                    None => exceeds(&[&"individuals", &index, &"email"]),
                }
                None
            };
            chosen.iter().enumerate().filter_map(reduced).collect()
        }
    };
    let chosen = body.individuals.as_ref().map_or(individuals.len(), Vec::len);
    if organization_level.is_none() && chosen == 0 {
        change.reject(&NO_GRANTS_LEFT, &[]);
    }
    let origin =
        GrantOrigin { request_id: request.id, contact_manager_email: request.contact_manager_email.clone() };
    let partner_id = request.partner_id;
    let individuals = individuals.into_iter().map(|one| (one.individual.into(), one.level)).collect();
    NewGrants {
        partner_id,
        origin: Some(origin),
        organization_level,
        individuals,
        expires_at,
        auto_extend: body.auto_extend,
        reason: None,
    }
}
