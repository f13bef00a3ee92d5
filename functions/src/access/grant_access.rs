//! `grant-access`

use aws::http::body::Json;
use aws::operation::{Method, Nothing, OfOrganization, route};
use aws::table::pattern::{AccessIn, OrganizationById, PartnerById};
use aws::table::{Change, Refusal, Wanted};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::access::{EXPIRY_PASSED, EXPIRY_TOO_FAR, TOO_MANY_INDIVIDUALS};
use domain::fault::{Check, Checked};
use domain::{Actor, Description, Faults, Invalid, Level, PartnerId, Problem, Reason, Role, Timestamp};
use schemars::JsonSchema;

use super::{
    ForOne, Gift, NOT_A_MEMBER, OWN_PARTNER, ShownAccess, check_terms, find_members, give, require_expiry,
    require_members, require_stranger, want_members,
};
use crate::customers::require_manager;
use crate::party::Names;

/// Gives access that nobody asked for, or other than is in force.
pub struct GrantAccess;

const UNKNOWN_PARTNER: Reason = Reason::rule("unknown-partner", "there is no such partner");

/// What is given, and to whom.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccess {
    /// To which partner.
    partner_id: PartnerId,
    /// Until when, not included: at most two years from now.
    expires_at: Timestamp,
    /// To all members of the partner, also those who come later.
    #[deserr(default)]
    organization_level: Option<Level>,
    /// To single members: at most 20.
    #[deserr(default)]
    #[schemars(default, length(max = 20))]
    individuals: Vec<ForOne>,
    /// What for: the history says so.
    #[deserr(default)]
    reason: Option<Description>,
}

impl Check for NewAccess {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        check_terms(sent)
    }
}

impl Operation for GrantAccess {
    const NAME: &str = "grant-access";
    const ABOUT: &str = "Gives a partner access without being asked, in place of what is in force for the same people: so it also changes that.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations/{organizationId}/access", &[Role::ContactManager])];
    const CREATES: bool = true;
    const TAKES_VERSION: bool = true;
    const REASONS: &[Reason] =
        &[EXPIRY_PASSED, EXPIRY_TOO_FAR, UNKNOWN_PARTNER, NOT_A_MEMBER, OWN_PARTNER, TOO_MANY_INDIVIDUALS];

    type Caller = Actor;
    type Path = OfOrganization;
    type Query = Nothing;
    type Body = Json<Checked<NewAccess>>;
    type Output = ShownAccess;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<ShownAccess>, Failure> {
        let (OfOrganization { organization_id }, Json(Checked(new))) = (&input.path, &input.body);
        actor.reach_organization(*organization_id)?;
        let (organization, partner) = (OrganizationById(*organization_id), PartnerById(new.partner_id));
        let access = AccessIn(*organization_id, new.partner_id);
        let mut wanted = Wanted::new();
        wanted.add(&organization);
        wanted.add(&partner);
        wanted.add(&access);
        want_members(&mut wanted, new.partner_id, &new.individuals);
        let found = context.table.fetch(wanted, true).await?;
        let organization = found.get(&organization)?.ok_or_else(Problem::not_found)?;

        let mut change = Change::new();
        require_manager(&mut change, actor, Some(*organization_id), None)?;
        require_stranger(&mut change, actor, new.partner_id)?;
        require_expiry(&mut change, new.expires_at, context.now);
        let partner = found.get(&partner)?;
        let shares = match &partner {
            Some(_) => find_members(&mut change, &found, new.partner_id, &new.individuals)?,
            None => {
                change.refuse(UNKNOWN_PARTNER.stage, UNKNOWN_PARTNER.at(&[&"partnerId"]));
                Vec::new()
            }
        };
        let gift = Gift {
            partner_id: new.partner_id,
            asked: None,
            organization_level: new.organization_level,
            shares,
            expires_at: new.expires_at,
            reason: new.reason.clone(),
        };
        require_members(&mut change, actor, &gift, || Refusal::Outdated);
        let access = give(context, &mut change, &organization, found.get(&access)?, gift)?;
        let names = Names::from([partner].into_iter().flatten(), [organization].into_iter());
        let shown = ShownAccess::of(&access, &names, context.now);
        let location = format!("/v1/organizations/{organization_id}/access");
        context.commit(change, Answer::created(location, shown)).await
    }
}
