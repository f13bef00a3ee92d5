//! People who are customers, of an organization or of none.

automod::dir!(pub "src/customers");

use api_runtime::table::{CountOfManagers, CustomerById, EmailInPartner, count};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::{AccessAction, Actor, Customer, CustomerId, Email, ErrorKind, Faults, OrganizationId, Role};
use schemars::JsonSchema;

use crate::authority::access_check::AccessCheck;
use crate::authority::own_record::require_manager;

const LAST_MANAGER: ErrorKind =
    ErrorKind::state("last-contact-manager", "the organization has no other contact manager: make one first");
const CONTACT_MANAGER_RESTRICTED: ErrorKind = ErrorKind::forbidden(
    "contact-manager-restricted",
    "who is a contact manager is the organization's own to say, or the vendor's",
);
const SELF_MANAGEMENT_FORBIDDEN: ErrorKind =
    ErrorKind::rule("self-management-forbidden", "a partner manages no customers who are its own members");
/// Far more than anybody has: the count has no bound of its own.
const MOST_MANAGERS: u64 = 1_000_000;
const NO_ORGANIZATION: ErrorKind =
    ErrorKind::rule("no-organization", "who is in no organization manages none");

/// A path that names a customer.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct CustomerPath {
    /// The customer.
    pub customer_id: CustomerId,
}

/// Requires that the caller manages the organization's customers: as [`require_manager`], or by a partner's access, which
/// is for nobody who is the partner's own member.
async fn authorize(
    context: &Context<'_>,
    change: &mut Change,
    actor: &Actor,
    organization: Option<OrganizationId>,
    email: &Email,
    written: Option<&Customer>,
) -> Result<(), Failure> {
    if !actor.has_one_of(&[Role::PartnerMember]) {
        return Ok(require_manager(change, actor, organization, written)?);
    }
    let access_check = AccessCheck::of(actor, organization.or_not_found()?)?;
    let member = access_check.or_not_found()?.resolve(context).await?;
    member.require(change, AccessAction::ManageCustomers)?;
    // A transaction asks of an item once: that the caller is a member is asked already.
    match member.email == *email {
        true => change.reject(&SELF_MANAGEMENT_FORBIDDEN, &[]),
        false => {
            let record = EmailInPartner(member.partner, email.clone());
            change.require_absent(&record, || ConditionFailure::rejected(&SELF_MANAGEMENT_FORBIDDEN, &[]));
        }
    }
    Ok(())
}

/// Makes somebody a contact manager, or takes that away; the last one stays, and partners leave that alone.
fn count_manager(change: &mut Change, actor: &Actor, organization: Option<OrganizationId>, manager: bool) {
    let Some(organization) = organization else { return };
    if actor.has_one_of(&[Role::PartnerMember]) {
        return change.reject(&CONTACT_MANAGER_RESTRICTED, &[&"manager"]);
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
    Ok(found.or_not_found()?)
}
