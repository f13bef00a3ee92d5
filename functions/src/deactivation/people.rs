//! Disabling a party's people by its deactivation, and enabling them by its restoration.

use api_runtime::table::{
    BatchGet, CountOfManagers, CustomerById, CustomersOfOrganization, EmailReservation, MemberById,
    MembersOfPartner, count, remember_disabling,
};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::deactivation::PartyDeactivation;
use domain::event::{CustomerDisabled, CustomerEnabled, MemberDisabled, MemberEnabled};
use domain::{Customer, Member, OrganizationId, PartnerId};

use super::step::{Budget, apply};
use crate::customers::MOST_MANAGERS;

/// Number of people that one transaction disables or enables: each takes at most four items of the 100.
const AT_ONCE: usize = 20;

/// Disables the members of a partner who are not disabled, or enables those whom the deactivation disabled. Returns how
/// many items were written.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn set_members_disabled(
    context: &Context<'_>,
    record: &PartyDeactivation,
    (partner, disables): (PartnerId, bool),
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut listed = context.table.list(&MembersOfPartner(partner), false).await?;
    // Those who were disabled earlier are not read again, so that a resumed pass begins where the last one ended.
    listed.retain(|member| !disables || member.disabled_at.is_none());
    let mut count = 0;
    for listed in listed.chunks(AT_ONCE) {
        if budget.is_spent() {
            break;
        }
        let step = context.detached();
        // The index is eventually consistent, so its results are read again.
        let mut wanted = BatchGet::new();
        listed.iter().for_each(|member| wanted.add(&MemberById(member.id)));
        let found = step.table.fetch(wanted, true).await?;
        let mut change = Change::new();
        for member in listed {
            let Some(before) = found.get(&MemberById(member.id))? else { continue };
            if !is_concerned(
                before.removed_at.is_some(),
                before.disabled_at.is_some(),
                before.disabled_by_deactivation,
                disables,
            ) {
                continue;
            }
            let (disabled_at, metadata) = (disables.then_some(step.now), before.metadata.next(step.now));
            let (seen, disabled_by_deactivation) = (before.metadata.version, disables);
            let member = Member { disabled_at, disabled_by_deactivation, metadata, ..before };
            change.replace(&member, seen, None)?;
            change.put(&EmailReservation::of_member(&member))?;
            let member_id = member.id;
            change.record(match disables {
                true => member.event(MemberDisabled { member_id }),
                false => member.event(MemberEnabled { member_id }),
            });
        }
        count += apply(&step, record, change, budget).await?;
    }
    Ok(count)
}

/// Disables the customers of an organization who are not disabled, or enables those whom the deactivation disabled.
/// Returns how many items were written.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn set_customers_disabled(
    context: &Context<'_>,
    record: &PartyDeactivation,
    (organization, disables): (OrganizationId, bool),
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut listed = context.table.list(&CustomersOfOrganization(organization), false).await?;
    listed.retain(|customer| !disables || customer.disabled_at.is_none());
    let mut count = 0;
    for listed in listed.chunks(AT_ONCE) {
        if budget.is_spent() {
            break;
        }
        let step = context.detached();
        let mut wanted = BatchGet::new();
        listed.iter().for_each(|customer| wanted.add(&CustomerById(customer.id)));
        let found = step.table.fetch(wanted, true).await?;
        let (mut change, mut managers) = (Change::new(), 0);
        for customer in listed {
            let before = found.get(&CustomerById(customer.id))?;
            let Some(before) = before.filter(|one| one.organization_id == Some(organization)) else {
                continue;
            };
            if !is_concerned(
                before.removed_at.is_some(),
                before.disabled_at.is_some(),
                before.disabled_by_deactivation,
                disables,
            ) {
                continue;
            }
            let (disabled_at, metadata) = (disables.then_some(step.now), before.metadata.next(step.now));
            let (seen, disabled_by_deactivation) = (before.metadata.version, disables);
            let customer = Customer { disabled_at, disabled_by_deactivation, metadata, ..before };
            change.replace(&customer, seen, None)?;
            change.put(&EmailReservation::of_customer(&customer))?;
            change.add(remember_disabling(organization, &customer.email, disables));
            managers += u64::from(customer.manager);
            let customer_id = customer.id;
            change.record(match disables {
                true => customer.event(CustomerDisabled { customer_id }),
                false => customer.event(CustomerEnabled { customer_id }),
            });
        }
        if managers > 0 {
            // A deactivated organization may be without a contact manager who is enabled.
            let counted = match disables {
                true => count::subtract(managers, 0),
                false => count::add(managers, MOST_MANAGERS),
            };
            change.update(&CountOfManagers(organization), counted, |_| ConditionFailure::Stale);
        }
        count += apply(&step, record, change, budget).await?;
    }
    Ok(count)
}

/// Returns whether a person is to be disabled or enabled: a removed one is not, nor is one disabled by somebody else.
fn is_concerned(is_removed: bool, is_disabled: bool, by_deactivation: bool, disables: bool) -> bool {
    !is_removed && if disables { !is_disabled } else { by_deactivation }
}
