//! People who are customers, of an organization or of none.

pub mod create_customer;
pub mod find_customer;
pub mod remove_customer;
pub mod update_customer;

use aws::operation::Output;
use aws::table::pattern::{CustomerById, EmailInOrganization};
use aws::table::{Change, Expression, Refusal};
use aws::{Context, Failure};
use deserr::Deserr;
use domain::{Actor, Customer, CustomerId, Faults, OrganizationId, Problem, Reason};
use schemars::JsonSchema;

const NO_ORGANIZATION: Reason = Reason::rule("no-organization", "who is in no organization manages none");

/// A path that names a customer.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfCustomer {
    /// The customer.
    pub customer_id: CustomerId,
}

/// Requires of a contact manager that the person's own record says so now; who operates needs none. A record that this
/// change itself writes was read, and is written on the condition that it is as it was.
fn require_manager<O: Output>(
    change: &mut Change<O>,
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
            let manages = Expression::new("#manager = :yes").truth("yes", true);
            change.require_that(&record, manages, |_| Refusal::NotFound);
        }
    }
    Ok(())
}

/// A customer as it is now, also one that is removed.
async fn read(context: &Context<'_>, customer: CustomerId) -> Result<Customer, Failure> {
    let found = context.table.get(&CustomerById(customer)).await?;
    Ok(found.ok_or_else(Problem::not_found)?)
}
