//! Disabling and enabling of customers. A disabled customer keeps its record, e-mail and everything that refers to it, but
//! the record gives no right until the customer is enabled.

use api_runtime::table::{EmailReservation, remember_disabling};
use api_runtime::{Answer, Change, Context, Failure, Reply};
use domain::event::{CustomerDisabled, CustomerEnabled};
use domain::{Actor, Customer, CustomerId, Problem};

use super::view::CustomerView;
use super::{authorize, count_manager, read};
use crate::party::require_active_organization;

/// Disables or enables a customer. Idempotent.
pub(super) async fn set_disabled(
    context: &Context<'_>,
    actor: &Actor,
    customer_id: CustomerId,
    is_disabled: bool,
) -> Result<Reply<CustomerView>, Failure> {
    let before = read(context, customer_id).await?;
    let (seen, mut change) = (before.metadata.version, Change::new());
    let organization = before.organization_id;
    authorize(context, &mut change, actor, organization, &before.email, Some(&before)).await?;
    if before.removed_at.is_some() {
        return Err(Problem::not_found().into());
    }
    if is_disabled && before.disabled_by_deactivation {
        // From now on, the person is disabled on its own account, so the restoration leaves it.
        let (disabled_by_deactivation, metadata) = (false, before.metadata.next(context.now));
        let customer = Customer { disabled_by_deactivation, metadata, ..before };
        change.replace(&customer, seen, context.if_match())?;
        change.record(customer.event(CustomerDisabled { customer_id }));
        return context.commit(change, Answer::ok(CustomerView::to(actor, customer))).await;
    }
    if before.disabled_at.is_some() == is_disabled {
        change.confirm(&before, seen, context.if_match())?;
        return context.commit(change, Answer::ok(CustomerView::to(actor, before))).await;
    }
    let (disabled_at, metadata) = (is_disabled.then_some(context.now), before.metadata.next(context.now));
    if let Some(organization) = organization.filter(|_| !is_disabled) {
        require_active_organization(&mut change, organization);
    }
    let customer = Customer { disabled_at, disabled_by_deactivation: false, metadata, ..before.clone() };
    change.replace(&customer, seen, context.if_match())?;
    change.put(&EmailReservation::of_customer(&customer))?;
    if before.manager {
        count_manager(&mut change, actor, Some(&before), &customer);
    }
    if let Some(organization) = organization {
        change.add(remember_disabling(organization, &customer.email, is_disabled));
    }
    change.record(match is_disabled {
        true => customer.event(CustomerDisabled { customer_id }),
        false => customer.event(CustomerEnabled { customer_id }),
    });
    context.commit(change, Answer::ok(CustomerView::to(actor, customer))).await
}
