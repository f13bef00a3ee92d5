//! `enable-customer`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::{Actor, ErrorKind, Role};

use super::disabling::set_disabled;
use super::view::CustomerView;
use super::{CONTACT_MANAGER_RESTRICTED, CustomerPath, SELF_MANAGEMENT_FORBIDDEN};
use crate::authority::access_check::LEVEL_TOO_LOW;

/// Enables a disabled customer.
pub struct EnableCustomer;

impl Operation for EnableCustomer {
    const NAME: &str = "enable-customer";
    const SUMMARY: &str = "Enable a disabled customer";
    const DESCRIPTION: &str = "Operators, the organization's contact managers and partner members with \
        access level `full-admin` may call it, but partners can enable neither contact managers nor \
        customers with the e-mail of one of their own members; a disabled customer cannot enable itself. The \
        record gives the same rights as before `disable-customer`. A removed customer does not exist for \
        this operation (404). Idempotent: enabling an enabled customer changes nothing. Records \
        `customer.enabled`.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/customers/{customerId}/enable",
        &[Role::Operator, Role::ContactManager, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] =
        &[ORGANIZATION_DEACTIVATED, LEVEL_TOO_LOW, CONTACT_MANAGER_RESTRICTED, SELF_MANAGEMENT_FORBIDDEN];

    type Caller = Actor;
    type Path = CustomerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = CustomerView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Self::Output>, Failure> {
        let Request { context, caller, path, .. } = request;
        set_disabled(context, caller, path.customer_id, false).await
    }
}
