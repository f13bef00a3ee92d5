//! `grant-access`

use api_runtime::table::{AccessIn, BatchGet, CountOfRemovals, OrganizationById, PartnerById};
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, OrganizationPath, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::access::{Binding, EXPIRY_PASSED, EXPIRY_TOO_FAR, Grantee, TOO_MANY_INDIVIDUALS};
use domain::fault::{Check, Validated};
use domain::{Actor, Description, ErrorKind, Faults, Level, ParseError, PartnerId, Role, Timestamp};
use schemars::JsonSchema;

use super::grants::{NewGrants, give, require_records};
use super::view::AccessView;
use super::{MemberLevel, SELF_GRANT_FORBIDDEN, check_terms, require_expiry, require_no_member};
use crate::authority::own_record::require_manager;
use crate::party::{Names, UNKNOWN_PARTNER};

/// Gives access that nobody asked for, or other than is in force.
pub struct GrantAccess;

/// What is given, and to whom.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantAccessBody {
    /// To which partner.
    partner_id: PartnerId,
    /// Until when, not included: at most two years from now.
    expires_at: Timestamp,
    /// To all members of the partner, also those who come later.
    #[deserr(default)]
    organization_level: Option<Level>,
    /// To single members, by e-mail: at most 20. Each is for the partner's member with that e-mail or, if there is none, for
    /// the first one that is added. The answer is the same in both cases.
    #[deserr(default)]
    #[schemars(default, length(max = 20))]
    individuals: Vec<MemberLevel>,
    /// What for: the history says so.
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
    const ABOUT: &str = "Gives a partner access without being asked, in place of what is in force for the same people. `individuals` names e-mails: each grant is for the partner's member with that e-mail, or for the first one that is added. The answer is the same in both cases.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations/{organizationId}/access", &[Role::ContactManager])];
    const CREATES: bool = true;
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] =
        &[EXPIRY_PASSED, EXPIRY_TOO_FAR, UNKNOWN_PARTNER, SELF_GRANT_FORBIDDEN, TOO_MANY_INDIVIDUALS];

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
        require_no_member(&mut change, actor, new.partner_id)?;
        require_expiry(&mut change, new.expires_at, context.now);
        let partner = found.get(&partner)?;
        if partner.is_none() {
            change.reject(&UNKNOWN_PARTNER, &[&"partnerId"]);
        }
        // Who is a partner's member is not looked at: the answer must not tell it.
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
            reason: new.reason.clone(),
        };
        require_records(&mut change, actor, &new_grants);
        let before = found.get(&access)?;
        // Trying it tells the name of no partner that has nothing here.
        let partner = partner.filter(|_| before.is_some() || !context.validates_only());
        let access = give(context, &mut change, &organization, before, new_grants)?;
        let names = Names::from(partner.into_iter(), [organization].into_iter());
        let shown = AccessView::of(&access, &names, context.now);
        let location = format!("/v1/organizations/{organization_id}/access");
        context.commit(change, Answer::created(location, shown)).await
    }
}
