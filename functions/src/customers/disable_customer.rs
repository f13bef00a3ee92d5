//! `disable-customer`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, ErrorKind, Role};

use super::disabling::set_disabled;
use super::view::CustomerView;
use super::{CONTACT_MANAGER_RESTRICTED, CustomerPath, LAST_MANAGER, SELF_MANAGEMENT_FORBIDDEN};
use crate::authority::access_check::LEVEL_TOO_LOW;

/// Disables a customer.
pub struct DisableCustomer;

impl Operation for DisableCustomer {
    const NAME: &str = "disable-customer";
    const SUMMARY: &str = "Disable a customer";
    const DESCRIPTION: &str = "Operators, the organization's contact managers and partner members with \
        access level `full-admin` may call it, but partners can disable neither contact managers nor \
        customers with the e-mail of one of their own members. For a leave of absence: the record gives no \
        right from now on, and keeps everything, also the e-mail and the places as a contact, which apply \
        again after `enable-customer`. The last contact manager of an organization who is not disabled \
        cannot be disabled. A removed customer does not exist for this operation (404). Idempotent: \
        disabling a disabled customer changes nothing, unless a deactivation of the organization disabled \
        it: then its restoration no longer enables the customer. Records `customer.disabled`.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/customers/{customerId}/disable",
        &[Role::Operator, Role::ContactManager, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] =
        &[LAST_MANAGER, LEVEL_TOO_LOW, CONTACT_MANAGER_RESTRICTED, SELF_MANAGEMENT_FORBIDDEN];

    type Caller = Actor;
    type Path = CustomerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = CustomerView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Self::Output>, Failure> {
        let Request { context, caller, path, .. } = request;
        set_disabled(context, caller, path.customer_id, true).await
    }
}
