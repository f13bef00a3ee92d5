//! Partner access to organizations: access requests, grants, and the explanation of a member's access. An expired grant
//! is ignored from its expiry time on, whether or not the scheduled job has run.

automod::dir!(pub "src/access");

use std::collections::BTreeSet;

use api_runtime::table::{
    AccessIn, BatchGet, BatchResult, EmailInPartner, PendingOfPartner, RequestById, remove_pending,
};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::access::{RequestedGrant, check_expiry};
use domain::fault::quoted;
use domain::{
    Access, AccessRequest, AccessRequestId, Actor, Email, ErrorKind, EventKind, Fault, Faults, GrantId,
    Individual, Level, NewEvent, OrganizationId, ParseError, PartnerId, Problem, ProblemKind, RequestState,
    Timestamp, Version,
};
use schemars::JsonSchema;

use crate::authority::own_record::require_manager;
use crate::party::Names;

const NOT_A_MEMBER: ErrorKind =
    ErrorKind::rule("not-a-member", "the partner has no member with this e-mail: add the member first");
const SELF_GRANT_FORBIDDEN: ErrorKind = ErrorKind::rule(
    "self-grant-forbidden",
    "you are a member of this partner: ask another contact manager to decide",
);

/// Path of an access request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct AccessRequestPath {
    /// Id of the access request.
    request_id: AccessRequestId,
}

/// Path of an access grant.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct GrantPath {
    /// Id of the organization that the grant gives access to.
    organization_id: OrganizationId,
    /// Id of the partner whose members the grant is for.
    partner_id: PartnerId,
    /// Id of the grant.
    grant_id: GrantId,
}

/// Access level for one member of the partner. In `grant-access` the partner may have no member with the e-mail yet.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct MemberLevel {
    /// E-mail of the member, at most 254 bytes; compared without regard to case.
    email: Email,
    /// Access level. Each level includes the ones before it: `cc`, `look`, `update`, `create`, `service-admin`,
    /// `full-admin`.
    level: Level,
}

/// Maximum number of individual members in one access request or one `grant-access` call.
const MAX_INDIVIDUALS: usize = 20;

/// Checks what the fields of an access request or a `grant-access` body must satisfy together: at least one grantee,
/// and [`check_individuals`].
fn check_terms(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
    let individuals = sent.get("individuals").and_then(serde_json::Value::as_array);
    let individuals = individuals.map(Vec::as_slice).unwrap_or_default();
    let mut faults = Vec::new();
    if sent.is_object()
        && individuals.is_empty()
        && sent.get("organizationLevel").is_none_or(serde_json::Value::is_null)
    {
        let detail = "must name an `organizationLevel`, `individuals`, or both";
        faults.push((String::new(), ParseError::new("grantee-required", detail)));
    }
    faults.extend(check_individuals(individuals));
    faults
}

/// Checks that there are at most [`MAX_INDIVIDUALS`] individual members and that each e-mail occurs once.
fn check_individuals(individuals: &[serde_json::Value]) -> Vec<(String, ParseError)> {
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    if individuals.len() > MAX_INDIVIDUALS {
        let detail = format!("has {} items, and at most {MAX_INDIVIDUALS} are taken", individuals.len());
        faults.push(("/individuals".to_owned(), ParseError::new("too-many", detail)));
    }
    for (index, one) in individuals.iter().enumerate() {
        let email = one.get("email").and_then(serde_json::Value::as_str);
        let Some(email) = email.and_then(|email| email.parse::<Email>().ok()) else { continue };
        let detail = format!("names {} a second time", quoted(&email.to_string()));
        if !seen.insert(email) {
            faults.push((format!("/individuals/{index}/email"), ParseError::new("duplicate", detail)));
        }
    }
    faults
}

/// Rejects the change if the expiry must be in the future or is more than two years away.
fn require_expiry(change: &mut Change, expires_at: Timestamp, now: Timestamp) {
    if let Some(reason) = check_expiry(expires_at, now) {
        change.reject(&reason, &[&"expiresAt"]);
    }
}

/// Returns the requested grants with the members' ids. Rejects the change for each e-mail that belongs to no member.
fn find_members(
    change: &mut Change,
    found: &BatchResult,
    partner: PartnerId,
    wanted: &[MemberLevel],
) -> Result<Vec<RequestedGrant>, Failure> {
    let mut individuals = Vec::new();
    for (index, MemberLevel { email, level }) in wanted.iter().enumerate() {
        let reservation = found.get(&EmailInPartner(partner, email.clone()))?;
        let Some(member_id) = reservation.map(|one| one.person()).transpose()?.flatten() else {
            change.reject(&NOT_A_MEMBER, &[&"individuals", &index, &"email"]);
            continue;
        };
        let individual = Individual { member_id, email: email.clone() };
        individuals.push(RequestedGrant { individual, level: *level });
    }
    Ok(individuals)
}

/// Adds the e-mail reservations of these members to a batch read.
fn want_members(wanted: &mut BatchGet, partner: PartnerId, members: &[MemberLevel]) {
    members.iter().for_each(|one| wanted.add(&EmailInPartner(partner, one.email.clone())));
}

/// Reads an access request consistently. It does not check whether the caller may see the request.
async fn read_request(context: &Context<'_>, path: &AccessRequestPath) -> Result<AccessRequest, Failure> {
    let found = context.table.get(&RequestById(path.request_id)).await?;
    Ok(found.or_not_found()?)
}

/// Returns whether a request can still be decided. If not, rejects the change with the request's state in the detail.
fn require_pending(
    context: &Context<'_>,
    change: &mut Change,
    request: &AccessRequest,
) -> Result<bool, Failure> {
    let state = request.clone().at(context.now).state;
    if state != RequestState::Pending {
        change.confirm(request, request.metadata.version, context.if_match())?;
        let detail = format!("the request is {}", state.name());
        change.reject_with(ProblemKind::State, Fault { detail, ..AccessRequest::NOT_PENDING.at(&[]) });
    }
    Ok(state == RequestState::Pending)
}

/// Writes the final state of a request that was read as pending in version `seen`, removes it from the partner's
/// pending requests and records the event.
///
/// # Errors
///
/// Never for our own types.
pub fn close_request(
    context: &Context<'_>,
    change: &mut Change,
    seen: Version,
    request: &AccessRequest,
    what: impl Into<EventKind>,
) -> Result<(), Failure> {
    change.replace(request, seen, context.if_match())?;
    let pending = PendingOfPartner(request.partner_id);
    change.update(&pending, remove_pending(request.id), |_| ConditionFailure::Impossible);
    let event = NewEvent::of_parties(what, Some(request.partner_id), request.organization_id);
    change.record(event.about(request.metadata));
    Ok(())
}

/// Requires that the request is addressed to the caller's e-mail and that the caller is a contact manager by its record
/// at commit.
fn require_addressee(change: &mut Change, actor: &Actor, request: &AccessRequest) -> Result<(), Problem> {
    if actor.email.as_ref() != Some(&request.contact_manager_email) {
        return Err(Problem::not_found());
    }
    require_manager(change, actor, actor.organization(), None)
}

/// Requires at commit that the caller, who gives access to the partner, is not one of its members.
fn require_caller_is_not_member(
    change: &mut Change,
    actor: &Actor,
    partner: PartnerId,
) -> Result<(), Problem> {
    let email = actor.require_email()?;
    change.require_absent(&EmailInPartner(partner, email), || {
        ConditionFailure::rejected(&SELF_GRANT_FORBIDDEN, &[])
    });
    Ok(())
}

/// Reads a partner's access in an organization consistently, and the names of both.
async fn read(context: &Context<'_>, path: &GrantPath) -> Result<(Access, Names), Failure> {
    let GrantPath { organization_id, partner_id, .. } = *path;
    let access = async { Ok(context.table.get(&AccessIn(organization_id, partner_id)).await?) };
    let names = Names::of(context, [partner_id].into_iter(), [organization_id].into_iter());
    let (access, names) = tokio::try_join!(access, names)?;
    Ok((access.or_not_found()?, names))
}
