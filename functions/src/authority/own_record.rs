//! The caller's own record, as a condition of what it writes: a token stays valid until it expires, even for a person who was
//! removed since.

use api_runtime::table::{EmailInOrganization, EmailInPartner, Expression};
use api_runtime::{Change, ConditionFailure, OrNotFound};
use domain::actor::ActorKind;
use domain::{Actor, Customer, Email, OrganizationId, PartnerId, Problem};

/// Requires of a customer who acts that it is on record at the commit, unless the change asks of `named`'s record, which is its
/// own, already. Nothing is required of others.
pub fn require_own_record(change: &mut Change, actor: &Actor, named: Option<&Email>) {
    let ActorKind::Customer { organization, .. } = actor.kind else { return };
    if let Some(email) = actor.email.as_ref().filter(|email| named != Some(*email)) {
        change.require(&EmailInOrganization(organization, email.clone()), || ConditionFailure::NotFound);
    }
}

/// Requires of a contact manager that the person's own record says so now; who operates needs none. A record that this
/// change itself writes was read, and is written on the condition that it is as it was.
pub fn require_manager(
    change: &mut Change,
    actor: &Actor,
    organization: Option<OrganizationId>,
    written: Option<&Customer>,
) -> Result<(), Problem> {
    if actor.is_staff() {
        return Ok(());
    }
    let organization = organization.or_not_found()?;
    actor.authorize_organization(organization)?;
    let email = &actor.require_email()?;
    match written.filter(|customer| customer.removed_at.is_none() && customer.email == *email) {
        Some(own) if own.manager => {}
        Some(_) => return Err(Problem::not_found()),
        None => {
            let record = EmailInOrganization(Some(organization), email.clone());
            let manages = Expression::new("#manager = :yes").bool("yes", true);
            change.require_that(&record, manages, |_| ConditionFailure::NotFound);
        }
    }
    Ok(())
}

/// Requires that the caller, a partner's person, is on the partner's record at the commit.
pub fn require_member(change: &mut Change, actor: &Actor, partner: PartnerId) -> Result<(), Problem> {
    actor.authorize_partner(partner)?;
    let email = actor.require_email()?;
    change.require(&EmailInPartner(partner, email), || ConditionFailure::NotFound);
    Ok(())
}

/// Requires of a partner's admin that the person's own record says so now, unless this change itself removes that
/// record, which was read; who operates needs none.
pub fn require_admin(
    change: &mut Change,
    actor: &Actor,
    partner: PartnerId,
    removed: Option<(&Email, bool)>,
) -> Result<(), Problem> {
    actor.authorize_partner(partner)?;
    if actor.is_staff() {
        return Ok(());
    }
    let email = &actor.require_email()?;
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
