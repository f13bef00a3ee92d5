//! A partner's people, on record.

pub mod add_partner_member;
pub mod list_partner_members;
pub mod remove_partner_member;

use api_runtime::table::Expression;
use api_runtime::table::pattern::EmailInPartner;
use api_runtime::{Change, ConditionFailure};
use domain::{Actor, Email, PartnerId, Problem};

/// Requires that the caller, a partner's person, is on the partner's record at the commit.
pub(crate) fn require_member(change: &mut Change, actor: &Actor, partner: PartnerId) -> Result<(), Problem> {
    actor.reach_partner(partner)?;
    let email = actor.email.clone().ok_or_else(Problem::not_found)?;
    change.require(&EmailInPartner(partner, email), || ConditionFailure::NotFound);
    Ok(())
}

/// Requires of a partner's admin that the person's own record says so now, unless this change itself removes that
/// record, which was read; who operates needs none.
pub(crate) fn require_admin(
    change: &mut Change,
    actor: &Actor,
    partner: PartnerId,
    removed: Option<(&Email, bool)>,
) -> Result<(), Problem> {
    actor.reach_partner(partner)?;
    if actor.is_staff() {
        return Ok(());
    }
    let email = actor.email.as_ref().ok_or_else(Problem::not_found)?;
    match removed.filter(|(own, _)| *own == email) {
        Some((_, true)) => {}
        Some((_, false)) => return Err(Problem::not_found()),
        None => {
            let administers = Expression::new("#manager = :yes").bool("yes", true);
            let record = EmailInPartner(partner, email.clone());
            change.require_that(&record, administers, |_| ConditionFailure::NotFound);
        }
    }
    Ok(())
}
