//! Customers: people who belong to an organization, or to none.

automod::dir!(pub "src/customers");

use api_runtime::table::{CountOfManagers, CustomerById, EmailInOrganization, EmailInPartner, count};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::{AccessAction, Actor, Customer, CustomerId, Email, ErrorKind, Faults, OrganizationId, Role};
use schemars::JsonSchema;

use crate::authority::access_check::AccessCheck;
use crate::authority::own_record::require_manager;

const LAST_MANAGER: ErrorKind = ErrorKind::state(
    "last-contact-manager",
    "this is the organization's last contact manager: appoint another one first",
);
const CONTACT_MANAGER_RESTRICTED: ErrorKind = ErrorKind::forbidden(
    "contact-manager-restricted",
    "only the organization's contact managers and the vendor may appoint or remove contact managers",
);
const SELF_MANAGEMENT_FORBIDDEN: ErrorKind = ErrorKind::rule(
    "self-management-forbidden",
    "a partner may not manage a customer who is one of its own members",
);
/// Upper bound for the count of contact managers, far above any real number: the counter needs a bound, the API has
/// none.
pub const MOST_MANAGERS: u64 = 1_000_000;
const NO_ORGANIZATION: ErrorKind =
    ErrorKind::rule("no-organization", "a customer without an organization cannot be a contact manager");

/// Path of a customer.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct CustomerPath {
    /// Id of the customer.
    pub customer_id: CustomerId,
}

/// Requires that the caller may manage the organization's customers: as in [`require_manager`] or, as a partner member,
/// by access of level `full-admin`. A partner may not manage a customer whose e-mail is that of one of its members.
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
    // DynamoDB accepts an item only once in a transaction, and the caller's own member record is already a condition.
    match member.email == *email {
        true => change.reject(&SELF_MANAGEMENT_FORBIDDEN, &[]),
        false => {
            let record = EmailInPartner(member.partner, email.clone());
            change.require_absent(&record, || ConditionFailure::rejected(&SELF_MANAGEMENT_FORBIDDEN, &[]));
        }
    }
    Ok(())
}

/// Requires that the caller may read the organization's customers: the vendor's staff, contact managers by their record,
/// and partner members by access of level `full-admin`.
async fn authorize_reading(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
) -> Result<(), Failure> {
    if let Some(access_check) = AccessCheck::of(actor, organization)? {
        return Ok(access_check.resolve(context).await?.check(AccessAction::ManageCustomers)?);
    }
    if actor.is_staff() {
        return Ok(());
    }
    let record = EmailInOrganization(Some(organization), actor.require_email()?);
    let record = context.table.get(&record).await?;
    let manages = record.is_some_and(|record| record.is_manager());
    Ok((manages && actor.has_one_of(&[Role::ContactManager])).then_some(()).or_not_found()?)
}

/// Counts one contact manager more, or one less, if the change makes or unmakes one; a disabled one does not count.
/// Rejects the change if the caller is a partner member, or if the organization would have no contact manager left.
fn count_manager(change: &mut Change, actor: &Actor, before: Option<&Customer>, after: &Customer) {
    let Some(organization) = after.organization_id else { return };
    if actor.has_one_of(&[Role::PartnerMember]) {
        return change.reject(&CONTACT_MANAGER_RESTRICTED, &[&"manager"]);
    }
    let counts = |customer: &Customer| customer.manager && customer.is_active();
    let count = CountOfManagers(organization);
    match (before.is_some_and(counts), counts(after)) {
        (false, true) => change.update(&count, count::add(1, MOST_MANAGERS), |_| ConditionFailure::Stale),
        (true, false) => {
            change.update(&count, count::subtract(1, 1), |_| ConditionFailure::rejected(&LAST_MANAGER, &[]))
        }
        _ => {}
    }
}

/// Reads a customer consistently, including a removed one.
async fn read(context: &Context<'_>, customer: CustomerId) -> Result<Customer, Failure> {
    let found = context.table.get(&CustomerById(customer)).await?;
    Ok(found.or_not_found()?)
}
