//! The caller's own record as a condition of its writes: a token stays valid until it expires, even for a person who
//! has been removed.

use api_runtime::table::{EmailInOrganization, EmailInPartner, Expression};
use api_runtime::{Change, ConditionFailure, OrNotFound};
use domain::actor::ActorKind;
use domain::{Actor, Customer, Email, Member, OrganizationId, PartnerId, Problem};

/// Requires that a caller who is a customer is on record at commit; other callers need no record here. No condition is
/// added if `named`, an e-mail whose record the change already requires, is the caller's own: DynamoDB accepts an item
/// only once in a transaction.
pub fn require_own_record(change: &mut Change, actor: &Actor, named: Option<&Email>) {
    let ActorKind::Customer { organization, .. } = actor.kind else { return };
    if let Some(email) = actor.email.as_ref().filter(|email| named != Some(*email)) {
        change.require(&EmailInOrganization(organization, email.clone()), || ConditionFailure::NotFound);
    }
}

/// Requires that the caller is a contact manager of the organization by its record at commit; the vendor's staff need
/// no record. `written` is a customer record that the change itself writes: if it is the caller's own, the record as
/// read decides, because the change writes it only if it is unchanged.
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
        Some(own) if own.manager && own.is_active() => {}
        Some(_) => return Err(Problem::not_found()),
        None => {
            let record = EmailInOrganization(Some(organization), email.clone());
            let manages = Expression::new("#manager = :yes").bool("yes", true);
            change.require_that(&record, manages, |_| ConditionFailure::NotFound);
        }
    }
    Ok(())
}

/// Requires that the caller is a member of the partner by its record at commit.
pub fn require_member(change: &mut Change, actor: &Actor, partner: PartnerId) -> Result<(), Problem> {
    actor.authorize_partner(partner)?;
    let email = actor.require_email()?;
    change.require(&EmailInPartner(partner, email), || ConditionFailure::NotFound);
    Ok(())
}

/// Requires that the caller is an admin of the partner by its record at commit; the vendor's staff need no record.
/// `written` is a member record that the change itself writes: if it is the caller's own, the record as read
/// decides, because the change writes it only if it is unchanged.
pub fn require_admin(
    change: &mut Change,
    actor: &Actor,
    partner: PartnerId,
    written: Option<&Member>,
) -> Result<(), Problem> {
    actor.authorize_partner(partner)?;
    if actor.is_staff() {
        return Ok(());
    }
    let email = &actor.require_email()?;
    match written.filter(|member| member.removed_at.is_none() && member.email == *email) {
        Some(own) if own.admin && own.is_active() => {}
        Some(_) => return Err(Problem::not_found()),
        None => {
            let administers = Expression::new("#manager = :yes").bool("yes", true);
            let record = EmailInPartner(partner, email.clone());
            change.require_that(&record, administers, |_| ConditionFailure::NotFound);
        }
    }
    Ok(())
}
