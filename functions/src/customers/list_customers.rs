//! `list-customers`

use api_runtime::table::{
    CustomerById, CustomersOfOrganization, EmailInOrganization, NamePart, NameScope, OrganizationById,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::fault::{Check, Validated};
use domain::{
    Actor, Customer, CustomerId, Email, ErrorKind, Faults, NameQuery, OrganizationId, ParseError,
    PersonState, Role,
};
use schemars::JsonSchema;

use super::authorize_reading;
use crate::authority::access_check::LEVEL_TOO_LOW;
use crate::party::read_if_visible;

/// Lists the customers of an organization.
pub struct ListCustomers;

/// Query of an organization's customers.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListCustomersQuery {
    /// Name to search for, as in `list-organizations`: 1 to 200 characters. If absent, all names match.
    #[deserr(default)]
    name: Option<NameQuery>,
    /// E-mail of the customer, at most 254 bytes; compared without regard to case. Not together with `name`. If absent,
    /// all e-mails match.
    #[deserr(default)]
    email: Option<Email>,
    /// State of the customers: `active` or `disabled`. If absent, both.
    #[deserr(default)]
    state: Option<PersonState>,
}

impl Check for ListCustomersQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let both = sent.get("name").is_some() && sent.get("email").is_some();
        let fault =
            || ("/email".to_owned(), ParseError::new("not-with-name", "cannot be combined with `name`"));
        both.then(fault).into_iter().collect()
    }
}

impl Operation for ListCustomers {
    const NAME: &str = "list-customers";
    const SUMMARY: &str = "List the customers of an organization";
    const DESCRIPTION: &str = "Operators, agents, the organization's contact managers and partner members \
        with access level `full-admin` may call it. The list is sorted by name, ignoring case, accents and \
        punctuation; removed customers are omitted. With `name`, the best matches of a page come first. A \
        page may contain fewer items than `pageSize`, or none, although `nextPageToken` is present. The list \
        is eventually consistent.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/customers",
        &[Role::Operator, Role::Agent, Role::ContactManager, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Validated<ListCustomersQuery>;
    type Body = Empty;
    type Output = List<Customer>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Customer>>, Failure> {
        let Request { context, caller: actor, path, query: Validated(query), .. } = request;
        let OrganizationPath { organization_id } = *path;
        let found = find(context, organization_id, query);
        let organization = OrganizationById(organization_id);
        let found = read_if_visible(context, actor, &organization, found);
        let authority = authorize_reading(context, actor, organization_id);
        let ((), List { items, next_page_token }) = tokio::try_join!(authority, found)?;
        let items = items.into_iter().map(|customer| customer.seen_by(actor)).collect();
        Ok(Reply::ok(List { items, next_page_token }))
    }
}

/// Returns the requested page of the customers that a query selects.
async fn find(
    context: &Context<'_>,
    organization: OrganizationId,
    ListCustomersQuery { name, email, state }: &ListCustomersQuery,
) -> Result<List<Customer>, Failure> {
    let is_wanted = |customer: &Customer| {
        let is_current = customer.organization_id == Some(organization) && customer.removed_at.is_none();
        is_current && state.is_none_or(|state| state == PersonState::of(customer.disabled_at))
    };
    let (ids, next_page_token): (Vec<CustomerId>, _) = match (name, email) {
        (Some(name), _) => {
            let found = context.search_names(NameScope::Customers(organization), name).await?;
            (found.items.iter().map(NamePart::id).collect::<Result<_, _>>()?, found.next_page_token)
        }
        (None, Some(email)) => {
            let record = context.table.get(&EmailInOrganization(Some(organization), email.clone())).await?;
            (record.map(|record| record.holder()).transpose()?.into_iter().collect(), None)
        }
        (None, None) => {
            let all = CustomersOfOrganization(organization);
            return context.filtered_page(&all, true, is_wanted).await;
        }
    };
    let lookups: Vec<_> = ids.into_iter().map(CustomerById).collect();
    let items = context.table.fetch_all(&lookups).await?.into_iter().filter(is_wanted).collect();
    Ok(List { items, next_page_token })
}
