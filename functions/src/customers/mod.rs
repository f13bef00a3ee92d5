//! People who are customers, of an organization or of none.

pub mod create_customer;
pub mod find_customer;
pub mod remove_customer;
pub mod update_customer;

use api_runtime::table::pattern::{CountOfManagers, CustomerById, EmailInOrganization, EmailInPartner};
use api_runtime::table::{Expression, count};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use deserr::Deserr;
use domain::actor::Standing;
use domain::{Act, Actor, Customer, CustomerId, Email, Faults, OrganizationId, Problem, Reason, Role};
use schemars::JsonSchema;

use crate::access::claim::Claim;

const LAST_MANAGER: Reason =
    Reason::state("last-contact-manager", "the organization has no other contact manager: make one first");
const KEPT_FOR_ITS_OWN: Reason = Reason::rule(
    "kept-for-its-own",
    "who is a contact manager is the organization's own to say, or the vendor's",
);
const OWN_MEMBER: Reason =
    Reason::rule("own-member", "a partner manages no customers who are its own members");
/// Far more than anybody has: the count has no bound of its own.
const MOST_MANAGERS: u64 = 1_000_000;
const NO_ORGANIZATION: Reason = Reason::rule("no-organization", "who is in no organization manages none");

/// A path that names a customer.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfCustomer {
    /// The customer.
    pub customer_id: CustomerId,
}

/// Requires of a customer who acts that it is on record at the commit, unless the change asks of `named`'s record, which is its
/// own, already. Nothing is required of others.
pub(crate) fn require_own_record(change: &mut Change, actor: &Actor, named: Option<&Email>) {
    let Standing::Customer { organization, .. } = actor.standing else { return };
    if let Some(email) = actor.email.as_ref().filter(|email| named != Some(*email)) {
        change.require(&EmailInOrganization(organization, email.clone()), || ConditionFailure::NotFound);
    }
}

/// Requires of a contact manager that the person's own record says so now; who operates needs none. A record that this
/// change itself writes was read, and is written on the condition that it is as it was.
pub(crate) fn require_manager(
    change: &mut Change,
    actor: &Actor,
    organization: Option<OrganizationId>,
    written: Option<&Customer>,
) -> Result<(), Problem> {
    if actor.is_staff() {
        return Ok(());
    }
    let organization = organization.ok_or_else(Problem::not_found)?;
    actor.reach_organization(organization)?;
    let email = actor.email.as_ref().ok_or_else(Problem::not_found)?;
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

/// Requires that the caller manages the organization's customers: as [`require_manager`], or by a partner's access, which
/// is for nobody who is the partner's own member.
async fn authorize(
    context: &Context<'_>,
    change: &mut Change,
    actor: &Actor,
    organization: Option<OrganizationId>,
    whom: &Email,
    written: Option<&Customer>,
) -> Result<(), Failure> {
    if !actor.has_one_of(&[Role::PartnerMember]) {
        return Ok(require_manager(change, actor, organization, written)?);
    }
    let claim = Claim::of(actor, organization.ok_or_else(Problem::not_found)?)?;
    let held = claim.ok_or_else(Problem::not_found)?.settle(context).await?;
    held.require(change, Act::ManageCustomers)?;
    // A transaction asks of an item once: that the caller is a member is asked already.
    match held.email == *whom {
        true => change.reject(&OWN_MEMBER, &[]),
        false => {
            let record = EmailInPartner(held.partner, whom.clone());
            change.require_absent(&record, || ConditionFailure::rejected(&OWN_MEMBER, &[]));
        }
    }
    Ok(())
}

/// Makes somebody a contact manager, or takes that away; the last one stays, and partners leave that alone.
fn count_manager(change: &mut Change, actor: &Actor, organization: Option<OrganizationId>, manager: bool) {
    let Some(organization) = organization else { return };
    if actor.has_one_of(&[Role::PartnerMember]) {
        return change.reject(&KEPT_FOR_ITS_OWN, &[&"manager"]);
    }
    let count = CountOfManagers(organization);
    match manager {
        true => change.update(&count, count::add(1, MOST_MANAGERS), |_| ConditionFailure::Stale),
        false => {
            change.update(&count, count::subtract(1, 1), |_| ConditionFailure::rejected(&LAST_MANAGER, &[]))
        }
    }
}

/// A customer as it is now, also one that is removed.
async fn read(context: &Context<'_>, customer: CustomerId) -> Result<Customer, Failure> {
    let found = context.table.get(&CustomerById(customer)).await?;
    Ok(found.ok_or_else(Problem::not_found)?)
}
