//! `get-customer`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use domain::{Actor, ErrorKind, Role};

use super::view::CustomerView;
use super::{CustomerPath, authorize_reading, read};
use crate::authority::access_check::LEVEL_TOO_LOW;

/// Shows a customer.
pub struct GetCustomer;

impl Operation for GetCustomer {
    const NAME: &str = "get-customer";
    const SUMMARY: &str = "Get a customer";
    const DESCRIPTION: &str = "Operators, agents, the organization's contact managers and partner members \
        with access level `full-admin` read any customer of the organization, also a disabled or removed one \
        (`disabledAt`, `removedAt`); other customers read only themselves. Customers of no organization are \
        read by operators, agents and themselves.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/customers/{customerId}",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = CustomerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = CustomerView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<CustomerView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let customer = read(context, path.customer_id).await?;
        if !actor.is_staff() && !customer.is_own_record_of(actor) {
            authorize_reading(context, actor, customer.organization_id.or_not_found()?).await?;
        }
        Ok(Reply::ok(CustomerView::to(actor, customer)))
    }
}
