//! `find-customer`

use api_runtime::table::CustomersByEmail;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Customer, Email, Faults, Role};
use schemars::JsonSchema;

/// Finds a person by e-mail.
pub struct FindCustomer;

/// Which person.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindCustomerQuery {
    /// The e-mail, whatever the case of its letters.
    email: Email,
}

impl Operation for FindCustomer {
    const NAME: &str = "find-customer";
    const ABOUT: &str = "Finds the customers with an e-mail: a person may be one of several organizations.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/customers", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = FindCustomerQuery;
    type Body = Empty;
    type Output = List<Customer>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Customer>>, Failure> {
        let Request { context, query, .. } = request;
        let found = CustomersByEmail(query.email.clone());
        Ok(Reply::ok(context.page(&found, true).await?))
    }
}
