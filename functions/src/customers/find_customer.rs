//! `find-customer`

use api_runtime::table::CustomersByEmail;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Email, Faults, Role};
use schemars::JsonSchema;

use super::view::CustomerView;

/// Finds customers by e-mail.
pub struct FindCustomer;

/// The e-mail to look for.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindCustomerQuery {
    /// E-mail of the customers, at most 254 bytes; compared without regard to case.
    email: Email,
}

impl Operation for FindCustomer {
    const NAME: &str = "find-customer";
    const SUMMARY: &str = "Find customers by e-mail";
    const DESCRIPTION: &str = "Operators and agents may call it. Returns all customers with the e-mail, in \
        the order in which they were created: one person may be a customer of several organizations. Removed \
        customers are omitted. The list is eventually consistent: a customer created a moment ago may be \
        missing.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/customers", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = FindCustomerQuery;
    type Body = Empty;
    type Output = List<CustomerView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<CustomerView>>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        let found = CustomersByEmail(query.email.clone());
        let List { items, next_page_token } = context.page(&found, true).await?;
        let items = items.into_iter().map(|customer| CustomerView::to(actor, customer)).collect();
        Ok(Reply::ok(List { items, next_page_token }))
    }
}
