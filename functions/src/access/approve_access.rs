//! `approve-access`

use api_runtime::table::{AccessInOrganization, OrganizationById};
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::access::{EXPIRY_PASSED, GrantOrigin, RequestedGrant, TOO_MANY_INDIVIDUALS};
use domain::actor::ActorKind;
use domain::event::AccessApproved;
use domain::fault::{Check, Validated};
use domain::{
    AccessRequest, Actor, ErrorKind, Faults, Level, ParseError, Patch, Problem, RequestState, Role, Timestamp,
};
use schemars::JsonSchema;

use super::giving::{NewGrants, give, require_records};
use super::{
    AccessRequestPath, MemberLevel, NOT_A_MEMBER, SELF_GRANT_FORBIDDEN, check_individuals, close,
    read_request, require_addressee, require_pending, require_stranger,
};

/// Approves a request for access.
pub struct ApproveAccess;

const EXCEEDS_REQUEST: ErrorKind =
    ErrorKind::rule("exceeds-request", "who approves gives what was asked, or less; nobody asked for this");
const NOTHING_LEFT: ErrorKind =
    ErrorKind::rule("nothing-left", "nobody is given anything: decline the request instead");

/// What is given instead of all that was asked.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveAccessBody {
    /// A lower level for all members of the partner; `null` gives them none.
    #[deserr(default)]
    #[schemars(default)]
    organization_level: Patch<Level>,
    /// Those of the single members who are given something, and how far; without, all as was asked.
    #[deserr(default)]
    #[schemars(length(max = 20))]
    individuals: Option<Vec<MemberLevel>>,
    /// An earlier expiry.
    #[deserr(default)]
    expires_at: Option<Timestamp>,
}

impl Check for ApproveAccessBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let individuals = sent.get("individuals").and_then(serde_json::Value::as_array);
        check_individuals(individuals.map(Vec::as_slice).unwrap_or_default())
    }
}

impl Operation for ApproveAccess {
    const NAME: &str = "approve-access";
    const ABOUT: &str = "Approves a request for access that is addressed to the caller, as it was asked or less: access is given at once, in the caller's organization, in place of what was in force for the same people.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/approve", &[Role::ContactManager])];
    const ERRORS: &[ErrorKind] = &[
        AccessRequest::NOT_PENDING,
        EXPIRY_PASSED,
        EXCEEDS_REQUEST,
        NOTHING_LEFT,
        NOT_A_MEMBER,
        SELF_GRANT_FORBIDDEN,
        TOO_MANY_INDIVIDUALS,
    ];

    type Caller = Actor;
    type Path = AccessRequestPath;
    type Query = Nothing;
    type Body = Json<Validated<ApproveAccessBody>>;
    type Output = AccessRequest;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequest>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(Validated(less)) = body;
        let ActorKind::Customer { organization: Some(organization_id), .. } = actor.kind else {
            return Err(Problem::not_found().into());
        };
        // Which partner asks is known only with the request: so the access of all is read beside it.
        let access = AccessInOrganization(organization_id);
        let access = async { Ok(context.table.list(&access, true).await?) };
        let organization = async { Ok(context.table.get(&OrganizationById(organization_id)).await?) };
        let (before, access, organization) =
            tokio::try_join!(read_request(context, path), access, organization)?;
        let organization = organization.or_not_found()?;
        let access = access.into_iter().find(|access| access.partner_id == before.partner_id);

        let mut change = Change::new();
        require_addressee(&mut change, actor, &before)?;
        require_stranger(&mut change, actor, before.partner_id)?;
        if !require_pending(context, &mut change, &before)? {
            return context.commit(change, Answer::ok(before)).await;
        }
        let gift = lessen(&mut change, &before, less);
        require_records(&mut change, actor, &gift);
        if gift.expires_at <= context.now {
            change.reject(&EXPIRY_PASSED, &[&"expiresAt"]);
        }
        give(context, &mut change, &organization, access, gift)?;
        let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
        let request = AccessRequest {
            state: RequestState::Approved,
            decided_at: Some(context.now),
            organization_id: Some(organization_id),
            metadata,
            ..before
        };
        let approved = AccessApproved { request_id: request.id };
        close(context, &mut change, seen, &request, approved)?;
        context.commit(change, Answer::ok(request)).await
    }
}

/// What is given of what was asked; whatever is more than that is a fault.
fn lessen(change: &mut Change, asked: &AccessRequest, less: &ApproveAccessBody) -> NewGrants {
    let mut more = |steps: &[&dyn std::fmt::Display]| {
        change.reject(&EXCEEDS_REQUEST, steps);
    };
    let organization_level = less.organization_level.over(asked.organization_level);
    if organization_level > asked.organization_level {
        more(&[&"organizationLevel"]);
    }
    let expires_at = less.expires_at.unwrap_or(asked.expires_at);
    if expires_at > asked.expires_at {
        more(&[&"expiresAt"]);
    }
    let shares: Vec<RequestedGrant> = match &less.individuals {
        None => asked.individuals.clone(),
        Some(chosen) => {
            let share = |(index, one): (usize, &MemberLevel)| {
                let share = asked.individuals.iter().find(|share| share.individual.email == one.email);
                match share.filter(|share| one.level <= share.level) {
                    Some(share) => return Some(RequestedGrant { level: one.level, ..share.clone() }),
                    None if share.is_some() => more(&[&"individuals", &index, &"level"]),
                    None => more(&[&"individuals", &index, &"email"]),
                }
                None
            };
            chosen.iter().enumerate().filter_map(share).collect()
        }
    };
    let chosen = less.individuals.as_ref().map_or(shares.len(), Vec::len);
    if organization_level.is_none() && chosen == 0 {
        change.reject(&NOTHING_LEFT, &[]);
    }
    let asked_by =
        GrantOrigin { request_id: asked.id, contact_manager_email: asked.contact_manager_email.clone() };
    let partner_id = asked.partner_id;
    let shares = shares.into_iter().map(|share| (share.individual.into(), share.level)).collect();
    NewGrants { partner_id, asked: Some(asked_by), organization_level, shares, expires_at, reason: None }
}
