//! `grant-access`

use api_runtime::table::{AccessIn, BatchGet, CountOfRemovals, OrganizationById, PartnerById};
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, OrganizationPath, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::access::{Binding, EXPIRY_PASSED, EXPIRY_TOO_FAR, Grantee, TOO_MANY_INDIVIDUALS};
use domain::deactivation::{ORGANIZATION_DEACTIVATED, PARTNER_DEACTIVATED};
use domain::fault::{Check, Validated};
use domain::{Actor, Description, ErrorKind, Faults, Level, ParseError, PartnerId, Role, Timestamp};
use schemars::JsonSchema;

use super::grants::{NewGrants, add_grants, require_grantee_records};
use super::view::AccessView;
use super::{MemberLevel, SELF_GRANT_FORBIDDEN, check_terms, require_caller_is_not_member, require_expiry};
use crate::authority::own_record::require_manager;
use crate::party::{Names, UNKNOWN_PARTNER, require_active_organization, require_active_partner};

/// Gives a partner access to an organization without an access request.
pub struct GrantAccess;

/// Access to be given to a partner.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantAccessBody {
    /// Id of the partner that receives the access.
    partner_id: PartnerId,
    /// Time from which the access is no longer active, in the future and at most 24 months from now by the calendar of
    /// UTC; RFC 3339 with any offset.
    expires_at: Timestamp,
    /// Access level for all members of the partner, including members added later. If it is absent or `null`,
    /// `individuals` must not be empty.
    #[deserr(default)]
    organization_level: Option<Level>,
    /// Individual members and their levels: at most 20, each e-mail once. Each grant is bound to the partner's member
    /// with the e-mail or, if there is none, to the first one that is added. The response is the same in both cases.
    /// Default: none.
    #[deserr(default)]
    #[schemars(default, length(max = 20))]
    individuals: Vec<MemberLevel>,
    /// Whether each grant is extended by its own length 30 days before it expires, or at half its length before if it
    /// is given for less than 60 days; the new expiry is at most 24 months ahead. Default: `false`.
    #[deserr(default)]
    #[schemars(default)]
    auto_extend: bool,
    /// Reason for the access, recorded in the history; 1 to 1,000 characters. Optional.
    #[deserr(default)]
    reason: Option<Description>,
}

impl Check for GrantAccessBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_terms(sent)
    }
}

impl Operation for GrantAccess {
    const NAME: &str = "grant-access";
    const SUMMARY: &str = "Give a partner access without a request";
    const DESCRIPTION: &str = "Contact managers give access to their organization, but not to a partner of \
        which they are members. The grants are active at once, replace the partner's active grants for the \
        same people and can be revoked. A call names at most 20 individual members; at most 100 individual \
        grants of a partner are active in an organization. The response does not reveal whether an e-mail \
        belongs to a member. While a grant is active, its grantees see the organization, also one that is not \
        in the partner's directory. Records `access.granted` for each grant and `access.replaced` for each \
        replaced one; later `access.expiring` (30, 7 and 1 days before expiry) and `access.expired`, with `autoExtend` \
        instead `access.extended`. Grants of removed members end with `access.member-removed` when a new grant \
        needs their room, once the organization has approved a request of the partner.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations/{organizationId}/access", &[Role::ContactManager])];
    const CREATES: bool = true;
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] = &[
        PARTNER_DEACTIVATED,
        ORGANIZATION_DEACTIVATED,
        EXPIRY_PASSED,
        EXPIRY_TOO_FAR,
        UNKNOWN_PARTNER,
        SELF_GRANT_FORBIDDEN,
        TOO_MANY_INDIVIDUALS,
    ];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Json<Validated<GrantAccessBody>>;
    type Output = AccessView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (OrganizationPath { organization_id }, Json(Validated(new))) = (path, body);
        actor.authorize_organization(*organization_id)?;
        let (organization, partner) = (OrganizationById(*organization_id), PartnerById(new.partner_id));
        let access = AccessIn(*organization_id, new.partner_id);
        let mut wanted = BatchGet::new();
        wanted.add(&organization);
        wanted.add(&partner);
        wanted.add(&access);
        let removals = |one: &MemberLevel| CountOfRemovals(new.partner_id, one.email.clone());
        new.individuals.iter().for_each(|one| wanted.add(&removals(one)));
        let found = context.table.fetch(wanted, true).await?;
        let organization = found.get(&organization).or_not_found()?;

        let mut change = Change::new();
        require_manager(&mut change, actor, Some(*organization_id), None)?;
        require_caller_is_not_member(&mut change, actor, new.partner_id)?;
        require_expiry(&mut change, new.expires_at, context.now);
        let partner = found.get(&partner)?;
        require_active_organization(&mut change, *organization_id);
        require_active_partner(&mut change, new.partner_id, Some("partnerId"));
        // The response must not reveal whether an e-mail belongs to a member, so the members' records are not read.
        let mut individuals = Vec::new();
        for (index, one) in new.individuals.iter().enumerate() {
            if actor.email.as_ref() == Some(&one.email) {
                change.reject(&SELF_GRANT_FORBIDDEN, &[&"individuals", &index, &"email"]);
            }
            let removals = found.get(&removals(one))?.map_or(0, |known| known.count);
            individuals.push((
                Grantee { email: one.email.clone(), bound_to: Binding::First { removals } },
                one.level,
            ));
        }
        let new_grants = NewGrants {
            partner_id: new.partner_id,
            origin: None,
            organization_level: new.organization_level,
            individuals,
            expires_at: new.expires_at,
            auto_extend: new.auto_extend,
            reason: new.reason.clone(),
        };
        require_grantee_records(&mut change, actor, &new_grants);
        let before = found.get(&access)?;
        // With `validateOnly`, the name of a partner that has no access here is withheld: otherwise any partner's name
        // could be looked up without leaving an event.
        let partner = partner.filter(|_| before.is_some() || !context.validates_only());
        let access = add_grants(context, &mut change, organization.id, before, new_grants).await?;
        let names = Names::from(partner.into_iter(), [organization].into_iter());
        let shown = AccessView::of(&access, &names, context.now);
        let location = format!("/v1/organizations/{organization_id}/access");
        context.commit(change, Answer::created(location, shown)).await
    }
}
