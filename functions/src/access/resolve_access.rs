//! `resolve-access`

use api_runtime::table::{
    AccessIn, BatchGet, EmailInPartner, EmailReservation, MemberById, OrganizationById, PartnerById,
};
use api_runtime::{
    Empty, Failure, Method, Operation, OrNotFound, OrganizationPath, Output, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::access::{AccessDecision, IneffectiveReason, decide, decide_undisclosed};
use domain::actor::ActorKind;
use domain::{Actor, Email, Faults, Level, Name, OrganizationId, PartnerId, Role, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::GrantView;
use crate::party::{Names, Party, visible};

/// Explains the access of a partner member to an organization.
pub struct ResolveAccess;

/// The person whose access is explained.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveAccessQuery {
    /// Id of the partner that the person works for.
    partner_id: PartnerId,
    /// E-mail of the person, at most 254 bytes; compared without regard to case.
    email: Email,
}

/// Access of a person to an organization, and the grants that determine it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedAccess {
    /// Id of the organization that the access is for.
    organization_id: OrganizationId,
    /// Organization that the access is for.
    organization: Party<OrganizationId>,
    /// Id of the partner that the person works for.
    partner_id: PartnerId,
    /// Partner that the person works for. The organization's contact managers see its name once the partner has or had
    /// access.
    partner: Party<PartnerId>,
    /// E-mail of the person, as given in the query.
    email: Email,
    /// Current name of the person; 1 to 200 characters. Present only if `member` is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Time at which the access was determined; RFC 3339, UTC.
    at: Timestamp,
    /// Whether the person is a member of the partner. Absent for the organization's contact managers until the
    /// organization has approved a request of the partner; `level`, `grant` and `ineffectiveGrants` then depend on the
    /// grants alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<bool>,
    /// Effective access level. Absent if the person has no access.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    /// Time from which `grant` is no longer active, unless it ends earlier; RFC 3339, UTC. Absent if the person has no
    /// access.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Grant that determines `level`. Absent if the person has no access.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
    /// Other grants to the person or to all members of the partner, active or ended, each with the reason why it has no
    /// effect.
    ineffective_grants: Vec<IneffectiveGrant>,
}

/// A grant that has no effect on the person's access.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IneffectiveGrant {
    /// Grant that has no effect.
    #[serde(flatten)]
    grant: GrantView,
    /// Reason why the grant has no effect.
    reason: IneffectiveReason,
}

impl Output for ResolvedAccess {}

impl ResolvedAccess {
    fn of(
        (organization, partner): (Party<OrganizationId>, Party<PartnerId>),
        email: &Email,
        (member, name): (Option<bool>, Option<Name>),
        decision: &AccessDecision<'_>,
        now: Timestamp,
    ) -> Self {
        let shown = |grant| GrantView::of(grant, now);
        let ineffective = decision.ineffective.iter();
        let ineffective =
            ineffective.map(|(grant, reason)| IneffectiveGrant { grant: shown(grant), reason: *reason });
        Self {
            organization_id: organization.id,
            organization,
            partner_id: partner.id,
            partner,
            email: email.clone(),
            name,
            at: now,
            member,
            level: decision.by.map(|grant| grant.level),
            expires_at: decision.by.map(|grant| grant.expires_at),
            grant: decision.by.map(shown),
            ineffective_grants: ineffective.collect(),
        }
    }
}

impl Operation for ResolveAccess {
    const NAME: &str = "resolve-access";
    const SUMMARY: &str = "Explain a partner member's access to an organization";
    const DESCRIPTION: &str = "Operators, agents and the organization's contact managers may ask about any \
        person; partner members about themselves and partner admins about anyone, if the organization has \
        ever given their partner access. Returns the effective level, the grant that determines it, and the \
        other grants with the reason why each has no effect. An active individual grant takes precedence \
        over the one to all members, even if its level is lower. Until the organization has approved a \
        request of the partner, its contact managers do not learn whether the person is a member, nor its name.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/access/resolve",
        &[Role::Operator, Role::Agent, Role::ContactManager, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = ResolveAccessQuery;
    type Body = Empty;
    type Output = ResolvedAccess;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ResolvedAccess>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let (OrganizationPath { organization_id }, ResolveAccessQuery { partner_id, email }) = (path, query);
        let own = match actor.kind {
            ActorKind::Partner { .. } => {
                actor.authorize_partner(*partner_id)?;
                Some(EmailInPartner(*partner_id, actor.require_email()?))
            }
            _ => {
                actor.authorize_organization(*organization_id)?;
                None
            }
        };
        let (access, member) =
            (AccessIn(*organization_id, *partner_id), EmailInPartner(*partner_id, email.clone()));
        let organization = OrganizationById(*organization_id);
        let mut wanted = BatchGet::new();
        wanted.add(&access);
        wanted.add(&member);
        wanted.add(&organization);
        wanted.add(&PartnerById(*partner_id));
        own.iter().for_each(|own| wanted.add(own));
        let found = context.table.fetch(wanted, true).await?;
        let access = found.get(&access)?;
        let known = match &own {
            // An organization that never gave the partner access does not exist for it. Members ask about themselves,
            // admins by token and record about anyone.
            Some(own) => {
                let record = found.get(own)?.filter(EmailReservation::is_on_record).or_not_found()?;
                let admin = record.is_manager() && actor.has_one_of(&[Role::PartnerAdmin]);
                access.is_some() && (actor.email.as_ref() == Some(email) || admin)
            }
            None => visible(actor, found.get(&organization)?).is_ok(),
        };
        known.then_some(()).or_not_found()?;

        let member = found.get(&member)?;
        let member = member.map(|record| record.member_record()).transpose()?.flatten();
        // Until the partner has access, not even its name is disclosed to the organization.
        let names = (actor.is_staff() || access.is_some()).then_some(*partner_id);
        let names = Names::among(&found, names.into_iter(), std::iter::once(*organization_id))?;
        let disclosed =
            actor.is_staff() || own.is_some() || access.as_ref().is_some_and(|access| access.requested);
        let record = member.filter(|_| disclosed).map(|member| MemberById(member.id));
        let record = match &record {
            Some(record) => context.table.get(record).await?,
            None => None,
        };
        let grants = access.map(|access| access.grants).unwrap_or_default();
        let decision = match disclosed {
            true => decide(&grants, email, member, context.now),
            false => decide_undisclosed(&grants, email, context.now),
        };
        let parties = (names.organization(*organization_id), names.partner(*partner_id));
        let member = (disclosed.then_some(member.is_some()), record.map(|record| record.name));
        Ok(Reply::ok(ResolvedAccess::of(parties, email, member, &decision, context.now)))
    }
}
