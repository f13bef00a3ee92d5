//! `update-customer`

use api_runtime::table::EmailReservation;
use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::{ContactManagerChanged, CustomerUpdated};
use domain::{Actor, Customer, ErrorKind, Faults, Given, Name, Problem, Role};
use schemars::JsonSchema;

use super::view::CustomerView;
use super::{
    CONTACT_MANAGER_RESTRICTED, CustomerPath, LAST_MANAGER, NO_ORGANIZATION, SELF_MANAGEMENT_FORBIDDEN,
    authorize, count_manager, read,
};
use crate::authority::access_check::LEVEL_TOO_LOW;

/// Updates a customer.
pub struct UpdateCustomer;

/// Changes of a customer. Absent fields stay unchanged.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateCustomerBody {
    /// New name of the customer; 1 to 200 characters. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    name: Given<Name>,
    /// Whether the customer is a contact manager, who approves partner access and manages the organization's customers.
    /// Unchanged if absent. Partners cannot change it, and a customer of no organization cannot have it.
    #[deserr(default)]
    #[schemars(default)]
    manager: Given<bool>,
}

impl Operation for UpdateCustomer {
    const NAME: &str = "update-customer";
    const SUMMARY: &str = "Update a customer";
    const DESCRIPTION: &str = "Operators, the organization's contact managers and partner members with \
        access level `full-admin` change the fields that the body contains. Partners can change neither \
        `manager` nor customers with the e-mail of one of their own members. The last contact manager of an \
        organization stays contact manager. A removed customer does not exist for this operation (404). \
        A disabled customer is updated as any other. Idempotent: a call that changes nothing returns the \
        customer as it is. Records `customer.updated` if \
        the name changes and `contact.manager-changed` if `manager` changes.";
    const ROUTES: &[Route] = &[route(
        Method::Patch,
        "/v1/customers/{customerId}",
        &[Role::Operator, Role::ContactManager, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[
        LAST_MANAGER,
        NO_ORGANIZATION,
        LEVEL_TOO_LOW,
        CONTACT_MANAGER_RESTRICTED,
        SELF_MANAGEMENT_FORBIDDEN,
    ];

    type Caller = Actor;
    type Path = CustomerPath;
    type Query = Nothing;
    type Body = Json<UpdateCustomerBody>;
    type Output = CustomerView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<CustomerView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(wanted) = body;
        let before = read(context, path.customer_id).await?;
        let (seen, mut change) = (before.metadata.version, Change::new());
        let organization = before.organization_id;
        authorize(context, &mut change, actor, organization, &before.email, Some(&before)).await?;
        if before.removed_at.is_some() {
            return Err(Problem::not_found().into());
        }
        let mut customer = Customer {
            name: wanted.name.over(before.name.clone()),
            manager: wanted.manager.over(before.manager),
            ..before.clone()
        };
        if customer.manager && customer.organization_id.is_none() {
            change.reject(&NO_ORGANIZATION, &[&"manager"]);
        }
        if customer == before {
            change.confirm(&before, seen, context.if_match())?;
            return context.commit(change, Answer::ok(CustomerView::to(actor, before))).await;
        }
        customer.metadata = before.metadata.next(context.now);
        change.replace(&customer, seen, context.if_match())?;
        change.follow_name(Some(&before), &customer, context.now)?;
        let customer_id = customer.id;
        if customer.name != before.name {
            change.record(customer.event(CustomerUpdated { customer_id }));
        }
        if customer.manager != before.manager {
            change.put(&EmailReservation::of_customer(&customer))?;
            count_manager(&mut change, actor, Some(&before), &customer);
            let manager = customer.manager;
            change.record(customer.event(ContactManagerChanged { customer_id, manager }));
        }
        context.commit(change, Answer::ok(CustomerView::to(actor, customer))).await
    }
}
