//! `find-customer`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::pattern::CustomersByEmail;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::{Actor, Customer, Email, Faults, Role};
use schemars::JsonSchema;

/// Finds a person by e-mail.
pub struct FindCustomer;

/// Which person.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ByEmail {
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
    type Query = ByEmail;
    type Body = Empty;
    type Output = List<Customer>;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<Customer>>, Failure> {
        let found = CustomersByEmail(input.query.email.clone());
        Ok(Answer::ok(context.page(&found, true).await?))
    }
}
