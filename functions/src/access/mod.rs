//! What a partner's people may do for an organization: asked, given, explained, and over at its very instant.

automod::dir!(pub "src/access");

use std::collections::BTreeSet;

use api_runtime::table::{
    AccessIn, BatchGet, BatchResult, EmailInPartner, PendingOfPartner, RequestById, remove_pending,
};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::access::{RequestedGrant, check_expiry};
use domain::actor::ActorKind;
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
    ErrorKind::rule("not-a-member", "the partner has nobody of this e-mail on record");
const SELF_GRANT_FORBIDDEN: ErrorKind = ErrorKind::rule(
    "self-grant-forbidden",
    "you are a member of this partner: that is another contact manager's to do",
);

/// A path that names a request for access.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct AccessRequestPath {
    /// The request.
    request_id: AccessRequestId,
}

/// A path that names a grant.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct GrantPath {
    /// In which organization.
    organization_id: OrganizationId,
    /// Whose.
    partner_id: PartnerId,
    /// The grant.
    grant_id: GrantId,
}

/// A member by e-mail, in `grant-access` perhaps one to come, and how far access is to go.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct MemberLevel {
    /// The member's e-mail.
    email: Email,
    /// How far.
    level: Level,
}

/// As many single members one request, or one gift, is for.
const MOST_AT_ONCE: usize = 20;

/// What must hold between the parts of what is asked, or given.
fn check_terms(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
    let individuals = sent.get("individuals").and_then(serde_json::Value::as_array);
    let individuals = individuals.map(Vec::as_slice).unwrap_or_default();
    let mut faults = Vec::new();
    if sent.is_object()
        && individuals.is_empty()
        && sent.get("organizationLevel").is_none_or(serde_json::Value::is_null)
    {
        let detail = "names neither an `organizationLevel` nor `individuals`: it is for nobody";
        faults.push((String::new(), ParseError::new("grantee-required", detail)));
    }
    faults.extend(check_individuals(individuals));
    faults
}

/// That there are not too many, and each is named once.
fn check_individuals(individuals: &[serde_json::Value]) -> Vec<(String, ParseError)> {
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    if individuals.len() > MOST_AT_ONCE {
        let detail = format!("has {} items, and at most {MOST_AT_ONCE} are taken", individuals.len());
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

/// Refuses what ends too early or too late.
fn require_expiry(change: &mut Change, expires_at: Timestamp, now: Timestamp) {
    if let Some(reason) = check_expiry(expires_at, now) {
        change.reject(&reason, &[&"expiresAt"]);
    }
}

/// Who these members are; who is none is a fault.
fn find_members(
    change: &mut Change,
    found: &BatchResult,
    partner: PartnerId,
    wanted: &[MemberLevel],
) -> Result<Vec<RequestedGrant>, Failure> {
    let mut individuals = Vec::new();
    for (index, MemberLevel { email, level }) in wanted.iter().enumerate() {
        let Some(reservation) = found.get(&EmailInPartner(partner, email.clone()))? else {
            change.reject(&NOT_A_MEMBER, &[&"individuals", &index, &"email"]);
            continue;
        };
        let individual = Individual { member_id: reservation.owner_id()?, email: email.clone() };
        individuals.push(RequestedGrant { individual, level: *level });
    }
    Ok(individuals)
}

/// Wants the records of these members read.
fn want_members(wanted: &mut BatchGet, partner: PartnerId, members: &[MemberLevel]) {
    members.iter().for_each(|one| wanted.add(&EmailInPartner(partner, one.email.clone())));
}

/// A request as it is now, whoever asks.
async fn read_request(context: &Context<'_>, path: &AccessRequestPath) -> Result<AccessRequest, Failure> {
    let found = context.table.get(&RequestById(path.request_id)).await?;
    Ok(found.or_not_found()?)
}

/// Whether a request can still be decided; if not, the change is refused, and says why.
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

/// Writes what became of a request that was pending as version `seen`, with its event.
fn close(
    context: &Context<'_>,
    change: &mut Change,
    seen: Version,
    request: &AccessRequest,
    what: impl Into<EventKind>,
) -> Result<(), Failure> {
    change.replace(request, seen, context.if_match())?;
    let pending = PendingOfPartner(request.partner_id);
    change.update(&pending, remove_pending(request.id), |_| ConditionFailure::Impossible);
    change.record(match request.organization_id {
        Some(organization) => NewEvent::of_both(what, request.partner_id, organization),
        None => NewEvent::of_partner(what, request.partner_id),
    });
    Ok(())
}

/// Requires that a request is addressed to whoever decides about it, and that the person is a contact manager on record;
/// answers of which organization.
fn require_addressee(
    change: &mut Change,
    actor: &Actor,
    request: &AccessRequest,
) -> Result<OrganizationId, Problem> {
    let ActorKind::Customer { organization: Some(organization), .. } = actor.kind else {
        return Err(Problem::not_found());
    };
    if actor.email.as_ref() != Some(&request.contact_manager_email) {
        return Err(Problem::not_found());
    }
    require_manager(change, actor, Some(organization), None)?;
    Ok(organization)
}

/// Requires that whoever gives access to a partner is none of its members.
fn require_no_member(change: &mut Change, actor: &Actor, partner: PartnerId) -> Result<(), Problem> {
    let email = actor.require_email()?;
    change.require_absent(&EmailInPartner(partner, email), || {
        ConditionFailure::rejected(&SELF_GRANT_FORBIDDEN, &[])
    });
    Ok(())
}

/// A partner's access in an organization as it is now, and what both are called.
async fn read(context: &Context<'_>, path: &GrantPath) -> Result<(Access, Names), Failure> {
    let GrantPath { organization_id, partner_id, .. } = *path;
    let access = async { Ok(context.table.get(&AccessIn(organization_id, partner_id)).await?) };
    let names = Names::of(context, [partner_id].into_iter(), [organization_id].into_iter());
    let (access, names) = tokio::try_join!(access, names)?;
    Ok((access.or_not_found()?, names))
}
