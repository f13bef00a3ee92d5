//! What a partner's people may do for an organization: asked, given, explained, and over at its very instant.

pub mod approve_access;
pub mod cancel_access_request;
pub mod decline_access;
pub mod get_access_request;
pub mod grant_access;
pub mod list_access_requests;
pub mod list_organization_access;
pub mod list_partner_access;
pub mod list_received_access_requests;
pub mod relinquish_access;
pub mod request_access;
pub mod resolve_access;
pub mod revoke_access;
pub mod told;

use api_runtime::table::remove_pending;
use domain::event::{AccessGranted, AccessReplaced};
use std::collections::BTreeSet;

use api_runtime::table::{
    AccessIn, BatchGet, BatchResult, CountOfRemovals, EmailInPartner, PendingOfPartner, RequestById, count,
};
use api_runtime::{Change, ConditionFailure, Context, Failure, Output};
use deserr::Deserr;
use domain::access::{Binding, End, Ended, GrantOrigin, Grantee, RequestedGrant, judge_expiry};
use domain::actor::ActorKind;
use domain::fault::quoted;
use domain::{
    Access, AccessRequest, AccessRequestId, Actor, Description, Email, ErrorKind, EventKind, Fault, Faults,
    Grant, GrantId, GrantState, Individual, Level, MemberId, Metadata, NewEvent, Organization,
    OrganizationId, ParseError, PartnerId, Problem, ProblemKind, RequestState, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::own_record::require_manager;
use crate::party::{Names, Party, add_customer};

const NOT_A_MEMBER: ErrorKind =
    ErrorKind::rule("not-a-member", "the partner has nobody of this e-mail on record");
const SELF_GRANT_FORBIDDEN: ErrorKind = ErrorKind::rule(
    "self-grant-forbidden",
    "you are a member of this partner: that is another contact manager's to do",
);

const GRANT_ENDED: ErrorKind =
    ErrorKind::state("grant-not-active", "the grant is not in force any more: the detail tells its state");

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
        faults.push((String::new(), ParseError::new("for-nobody", detail)));
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
    if let Some(reason) = judge_expiry(expires_at, now) {
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
    let mut shares = Vec::new();
    for (index, MemberLevel { email, level }) in wanted.iter().enumerate() {
        let Some(held) = found.get(&EmailInPartner(partner, email.clone()))? else {
            change.reject(&NOT_A_MEMBER, &[&"individuals", &index, &"email"]);
            continue;
        };
        let individual = Individual { member_id: held.owner_id()?, email: email.clone() };
        shares.push(RequestedGrant { individual, level: *level });
    }
    Ok(shares)
}

/// Wants the records of these members read.
fn want_members(wanted: &mut BatchGet, partner: PartnerId, members: &[MemberLevel]) {
    members.iter().for_each(|one| wanted.add(&EmailInPartner(partner, one.email.clone())));
}

/// A request as it is now, whoever asks.
async fn read_request(context: &Context<'_>, path: &AccessRequestPath) -> Result<AccessRequest, Failure> {
    let found = context.table.get(&RequestById(path.request_id)).await?;
    Ok(found.ok_or_else(Problem::not_found)?)
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
fn require_stranger(change: &mut Change, actor: &Actor, partner: PartnerId) -> Result<(), Problem> {
    let email = actor.email.clone().ok_or_else(Problem::not_found)?;
    change.require_absent(&EmailInPartner(partner, email), || {
        ConditionFailure::rejected(&SELF_GRANT_FORBIDDEN, &[])
    });
    Ok(())
}

/// A grant to a single member.
type GranteeLevel = (Grantee, Level);

/// What is given.
struct NewGrants {
    /// To whom.
    partner_id: PartnerId,
    /// By which request, if one was approved.
    asked: Option<GrantOrigin>,
    /// To all members.
    organization_level: Option<Level>,
    /// To single members.
    shares: Vec<GranteeLevel>,
    /// Until when, not included.
    expires_at: Timestamp,
    /// What for, where no request says so.
    reason: Option<Description>,
}

/// Requires that the records to which grants are bound are as they were read: a member's own, or how many of an e-mail were
/// removed. That the giver is no member is a condition already, and a transaction may name an item only once.
fn require_records(change: &mut Change, actor: &Actor, gift: &NewGrants) {
    for (Grantee { email, bound_to }, _) in &gift.shares {
        match bound_to {
            Binding::Member { member_id } if actor.email.as_ref() != Some(email) => {
                let not_a_member = || ConditionFailure::rejected(&NOT_A_MEMBER, &[&"individuals"]);
                change.require_owner(
                    &EmailInPartner(gift.partner_id, email.clone()),
                    member_id,
                    not_a_member,
                );
            }
            Binding::Member { .. } => {}
            Binding::First { removals } => {
                let known = CountOfRemovals(gift.partner_id, email.clone());
                change.require_that(&known, count::is_still(*removals), |_| ConditionFailure::Stale);
            }
        }
    }
}

/// Gives access in an organization, in place of what is in force for the same people; with faults, which refuse the
/// change, nothing.
fn give(
    context: &Context<'_>,
    change: &mut Change,
    organization: &Organization,
    before: Option<Access>,
    NewGrants { partner_id, asked, organization_level, shares, expires_at, reason }: NewGrants,
) -> Result<Access, Failure> {
    let seen = before.as_ref().map(|before| before.metadata.version);
    let mut access = before.unwrap_or_else(|| Access::new(organization.id, partner_id, context.now));
    let singles = shares.into_iter().map(|(grantee, level)| (Some(grantee), level));
    let all = organization_level.map(|level| (None, level)).into_iter().chain(singles);
    let grants = all.map(|(individual, level)| Grant {
        id: context.id(),
        individual,
        level,
        created_at: context.now,
        expires_at,
        asked: asked.clone(),
        reminded: None,
        ended: None,
    });
    let grants: Vec<Grant> = grants.collect();
    let replaced = access.give(grants.clone(), context.now).unwrap_or_else(|reason| {
        change.reject(&reason, &[&"individuals"]);
        Vec::new()
    });
    // Who approves means by `If-Match` the request.
    let meant = asked.is_none().then(|| context.if_match()).flatten();
    match seen {
        Some(seen) => {
            access.metadata = access.metadata.next(context.now);
            change.replace(&access, seen, meant)?;
        }
        None => {
            change.create_absent(&access, meant)?;
        }
    }
    // The organization is the partner's customer from now on, if it was not before.
    add_customer(change, partner_id, organization, context.now)?;
    for Grant { id: grant_id, level, expires_at, individual, .. } in grants {
        let member_id = individual.as_ref().and_then(Grantee::member_id);
        let email = individual.filter(|_| member_id.is_none()).map(|one| one.email);
        let reason = reason.clone();
        let granted = AccessGranted { grant_id, level, expires_at, member_id, email, reason };
        change.record(access.event(granted));
    }
    for (grant_id, replaced_by) in replaced {
        change.record(access.event(AccessReplaced { grant_id, replaced_by }));
    }
    Ok(access)
}

/// A partner's access in an organization as it is now, and what both are called.
async fn read(context: &Context<'_>, path: &GrantPath) -> Result<(Access, Names), Failure> {
    let GrantPath { organization_id, partner_id, .. } = *path;
    let access = async { Ok(context.table.get(&AccessIn(organization_id, partner_id)).await?) };
    let names = Names::of(context, [partner_id].into_iter(), [organization_id].into_iter());
    let (access, names) = tokio::try_join!(access, names)?;
    Ok((access.ok_or_else(Problem::not_found)?, names))
}

/// Ends a grant that is in force; what has ended in this way already is confirmed, and in another is said.
fn end(
    context: &Context<'_>,
    change: &mut Change,
    mut access: Access,
    grant: GrantId,
    how: End,
    what: impl Into<EventKind>,
) -> Result<Access, Failure> {
    let seen = access.metadata.version;
    match access.end(grant, how, context.now) {
        Ok(()) => {
            access.metadata = access.metadata.next(context.now);
            change.replace(&access, seen, context.if_match())?;
            change.record(access.event(what));
        }
        Err(None) => return Err(Problem::not_found().into()),
        Err(Some(state)) if state == how.into() => change.confirm(&access, seen, context.if_match())?,
        Err(Some(state)) => {
            change.confirm(&access, seen, context.if_match())?;
            let detail = format!("the grant is {}", state.name());
            change.reject_with(ProblemKind::State, Fault { detail, ..GRANT_ENDED.at(&[]) });
        }
    }
    Ok(access)
}

/// A grant as it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Its id.
    id: GrantId,
    /// Whether it lasts now.
    state: GrantState,
    /// To whom; none if to all members of the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    individual: Option<GranteeView>,
    /// How far it goes.
    level: Level,
    /// When it was given.
    created_at: Timestamp,
    /// Until when, not included.
    expires_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// The request that was approved; none if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<AccessRequestId>,
}

/// A single member to whom a grant is given, as it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GranteeView {
    /// The member's e-mail.
    email: Email,
    /// The member, where the partner itself named it; a grant that nobody asked for is for the e-mail's first owner among the
    /// partner's members, present or to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

impl GrantView {
    fn of(grant: &Grant, now: Timestamp) -> Self {
        let state = grant.state(now);
        Self {
            id: grant.id,
            state,
            individual: grant
                .individual
                .as_ref()
                .map(|one| GranteeView { email: one.email.clone(), member_id: one.member_id() }),
            level: grant.level,
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            ended_at: match (grant.ended, state) {
                (Some(Ended { at, .. }), _) => Some(at),
                (None, GrantState::Expired) => Some(grant.expires_at),
                (None, _) => None,
            },
            request_id: grant.asked.as_ref().map(|asked| asked.request_id),
        }
    }
}

/// All access of a partner in an organization, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessView {
    /// In which organization.
    organization: Party<OrganizationId>,
    /// Whose.
    partner: Party<PartnerId>,
    /// What is in force, and the last of what has ended, in the order in which it was given.
    grants: Vec<GrantView>,
    /// When, and which version.
    #[serde(flatten)]
    metadata: Metadata,
}

impl AccessView {
    fn of(access: &Access, names: &Names, now: Timestamp) -> Self {
        Self {
            organization: names.organization(access.organization_id),
            partner: names.partner(access.partner_id),
            grants: access.grants.iter().map(|grant| GrantView::of(grant, now)).collect(),
            metadata: access.metadata,
        }
    }
}

impl Output for AccessView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}
