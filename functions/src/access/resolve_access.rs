//! `resolve-access`

use api_runtime::table::{AccessIn, BatchGet, EmailInPartner, OrganizationById};
use api_runtime::{
    Empty, Failure, Method, Operation, OrNotFound, OrganizationPath, Output, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::access::{AccessDecision, IneffectiveReason, decide, decide_undisclosed};
use domain::actor::ActorKind;
use domain::{Actor, Email, Faults, Level, OrganizationId, PartnerId, Role, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::GrantView;

/// Explains what a partner's person may do for an organization now.
pub struct ResolveAccess;

/// Who.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveAccessQuery {
    /// Of which partner.
    partner_id: PartnerId,
    /// The person's e-mail.
    email: Email,
}

/// What a person may do, and why.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedAccess {
    /// In which organization.
    organization_id: OrganizationId,
    /// Of which partner.
    partner_id: PartnerId,
    /// Who.
    email: Email,
    /// When this was so.
    at: Timestamp,
    /// Whether the person is on the partner's record. Absent for the organization's people until they have approved a request of
    /// the partner; then `level`, `grant` and `ineffectiveGrants` are decided by the grants alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<bool>,
    /// How far access goes; none if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    /// Until when, not included, unless something is changed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// The grant that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
    /// The others that were given to the person, or to all members, and why they do not count.
    ineffective_grants: Vec<IneffectiveGrant>,
}

/// A grant that does not decide.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IneffectiveGrant {
    /// The grant.
    #[serde(flatten)]
    grant: GrantView,
    /// Why not.
    reason: IneffectiveReason,
}

impl Output for ResolvedAccess {}

impl ResolvedAccess {
    fn of(
        (organization_id, query): (OrganizationId, &ResolveAccessQuery),
        member: Option<bool>,
        decision: &AccessDecision<'_>,
        now: Timestamp,
    ) -> Self {
        let shown = |grant| GrantView::of(grant, now);
        let ineffective = decision.ineffective.iter();
        let ineffective =
            ineffective.map(|(grant, reason)| IneffectiveGrant { grant: shown(grant), reason: *reason });
        Self {
            organization_id,
            partner_id: query.partner_id,
            email: query.email.clone(),
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
    const ABOUT: &str = "Explains what a partner's person may do for an organization now: the grant that decides, those that do not count and why, and until when.";
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
        match &own {
            Some(own) => wanted.add(own),
            None => wanted.add(&organization),
        }
        let found = context.table.fetch(wanted, true).await?;
        let access = found.get(&access)?;
        let known = match &own {
            // To a partner there is no organization that never gave it anything. Its record says who asks for whom.
            Some(own) => {
                let record = found.get(own).or_not_found()?;
                let admin = record.manager && actor.has_one_of(&[Role::PartnerAdmin]);
                access.is_some() && (actor.email.as_ref() == Some(email) || admin)
            }
            None => found.get(&organization)?.is_some(),
        };
        known.then_some(()).or_not_found()?;

        let member = found.get(&member)?;
        let member = member.map(|record| record.member_record()).transpose()?;
        let disclosed =
            actor.is_staff() || own.is_some() || access.as_ref().is_some_and(|access| access.requested);
        let grants = access.map(|access| access.grants).unwrap_or_default();
        let decision = match disclosed {
            true => decide(&grants, email, member, context.now),
            false => decide_undisclosed(&grants, email, context.now),
        };
        let member = disclosed.then_some(member.is_some());
        Ok(Reply::ok(ResolvedAccess::of((*organization_id, query), member, &decision, context.now)))
    }
}
