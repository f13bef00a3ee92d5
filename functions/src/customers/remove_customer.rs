//! `remove-customer`

use api_runtime::table::{EmailReservation, Reservation, remember_removal};
use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::event::CustomerRemoved;
use domain::{Actor, Customer, ErrorKind, Role};

use super::view::CustomerView;
use super::{
    CONTACT_MANAGER_RESTRICTED, CustomerPath, LAST_MANAGER, SELF_MANAGEMENT_FORBIDDEN, authorize,
    count_manager, read,
};
use crate::authority::access_check::LEVEL_TOO_LOW;

/// Removes a customer.
pub struct RemoveCustomer;

impl Operation for RemoveCustomer {
    const NAME: &str = "remove-customer";
    const SUMMARY: &str = "Remove a customer";
    const DESCRIPTION: &str = "Operators, the organization's contact managers and partner members with \
        access level `full-admin` may call it, but partners can remove neither contact managers nor \
        customers with the e-mail of one of their own members. The person loses the rights of a contact \
        manager and of a subscription contact; e-mail and `externalId` become available for another \
        customer. Irreversible: the same person can be created again, but as a new customer. The last \
        contact manager of an organization cannot be removed. Idempotent: removing a removed customer \
        changes nothing. Records `customer.removed`.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/customers/{customerId}",
        &[Role::Operator, Role::ContactManager, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] =
        &[LAST_MANAGER, LEVEL_TOO_LOW, CONTACT_MANAGER_RESTRICTED, SELF_MANAGEMENT_FORBIDDEN];

    type Caller = Actor;
    type Path = CustomerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = CustomerView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<CustomerView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let before = read(context, path.customer_id).await?;
        let (seen, mut change) = (before.metadata.version, Change::new());
        let organization = before.organization_id;
        authorize(context, &mut change, actor, organization, &before.email, Some(&before)).await?;
        if before.removed_at.is_some() {
            change.confirm(&before, seen, context.if_match())?;
            return context.commit(change, Answer::ok(CustomerView::to(actor, before))).await;
        }
        let metadata = before.metadata.next(context.now);
        let customer = Customer { removed_at: Some(context.now), metadata, ..before.clone() };
        change.replace(&customer, seen, context.if_match())?;
        change.follow_name(Some(&before), &customer, context.now)?;
        change.remove(&EmailReservation::of_customer(&before));
        if before.manager {
            count_manager(&mut change, actor, Some(&before), &customer);
        }
        Reservation::customer_external_id(&before).iter().for_each(|reservation| change.remove(reservation));
        if let Some(organization) = organization {
            change.add(remember_removal(organization, &before.email, context.now));
        }
        change.record(customer.event(CustomerRemoved { customer_id: customer.id }));
        context.commit(change, Answer::ok(CustomerView::to(actor, customer))).await
    }
}
