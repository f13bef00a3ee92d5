//! `relinquish-access`

use api_runtime::table::{EmailInPartner, Expression};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request,
    Route, route,
};
use domain::access::{Binding, GrantEnd};
use domain::event::AccessRelinquished;
use domain::{Actor, ErrorKind, Role};

use super::grants::{GRANT_NOT_ACTIVE, end_grant};
use super::view::AccessView;
use super::{GrantPath, read};

const ADMIN_REQUIRED: ErrorKind = ErrorKind::forbidden(
    "admin-required",
    "only a partner admin may relinquish grants to all members or to other members, a removed one with your e-mail included: ask an admin",
);

/// Gives up an access grant of the caller's partner.
pub struct RelinquishAccess;

impl Operation for RelinquishAccess {
    const NAME: &str = "relinquish-access";
    const SUMMARY: &str = "Relinquish an access grant";
    const DESCRIPTION: &str = "Partner members end their own individual grants, partner admins any grant of \
        their partner, including the one to all members. The grant ends at once and irreversibly; a new one \
        can be requested. Idempotent: relinquishing a relinquished grant changes nothing; a grant that ended \
        in another way is refused with 409. Records `access.relinquished`.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/organizations/{organizationId}/access/{partnerId}/{grantId}/relinquish",
        &[Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[ADMIN_REQUIRED, GRANT_NOT_ACTIVE];

    type Caller = Actor;
    type Path = GrantPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = AccessView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let GrantPath { partner_id, grant_id, .. } = *path;
        actor.authorize_partner(partner_id)?;
        let email = actor.require_email()?;
        let (before, names) = read(context, path).await?;
        let individual = before.grant(grant_id).or_not_found()?.individual.as_ref();
        let admin = actor.has_one_of(&[Role::PartnerAdmin]);
        let or_admin = |is_own: &str| match admin {
            true => Expression::new(&format!("{is_own} OR #manager = :yes")).bool("yes", true),
            false => Expression::new(is_own),
        };
        let may = match individual.filter(|one| one.email == email).map(|one| one.bound_to) {
            Some(Binding::Member { member_id }) => {
                or_admin("#owner = :own").text("own", member_id.to_string())
            }
            Some(Binding::First { removals }) => or_admin("#removals = :own").number("own", removals),
            None if admin => Expression::new("#manager = :yes").bool("yes", true),
            None => Expression::never(),
        };
        let mut change = Change::new();
        // A member sees every grant of the partner; a person without a record sees none.
        change.require_that(&EmailInPartner(partner_id, email), may, |record| match record {
            Some(record) if record.is_on_record() => ConditionFailure::rejected(&ADMIN_REQUIRED, &[]),
            _ => ConditionFailure::NotFound,
        });
        let relinquished = AccessRelinquished { grant_id };
        let access = end_grant(context, &mut change, before, grant_id, GrantEnd::Relinquished, relinquished)?;
        context.commit(change, Answer::ok(AccessView::of(&access, &names, context.now))).await
    }
}
