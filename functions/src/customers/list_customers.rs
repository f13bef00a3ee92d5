//! `list-customers`

use std::sync::atomic::AtomicUsize;

use api_runtime::table::{
    CustomerById, CustomersOfOrganization, EmailInOrganization, NamePart, NameScope, OrganizationById,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::fault::{Check, Validated};
use domain::{
    Actor, Customer, EmailPrefix, ErrorKind, Faults, NameQuery, OrganizationId, ParseError, PersonState, Role,
};
use schemars::JsonSchema;

use super::authorize_reading;
use super::view::CustomerView;
use crate::authority::access_check::LEVEL_TOO_LOW;
use crate::party::read_if_visible;
use crate::person_sort::{MOST_SORTED, PersonSort, TOO_MANY_TO_SORT, too_many_to_sort};

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
    /// E-mail of the customer, or its beginning: 1 to 254 bytes; compared without regard to case. A whole e-mail finds only the
    /// customer who has it. Not together with `name`. If absent, all e-mails match.
    #[deserr(default)]
    email: Option<EmailPrefix>,
    /// State of the customers: `active` or `disabled`. If absent, both.
    #[deserr(default)]
    state: Option<PersonState>,
    /// Order of the list: `name` (ignoring case, accents and punctuation; the default), `email`, or `createdAt` (oldest first).
    /// Not together with the search text `name`.
    #[deserr(default)]
    #[schemars(default)]
    sort: PersonSort,
}

impl Check for ListCustomersQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let with_name = ["email", "sort"].into_iter().filter(|other| sent.get(other).is_some());
        let fault = |other: &str| {
            (format!("/{other}"), ParseError::new("not-with-name", "cannot be combined with `name`"))
        };
        with_name.filter(|_| sent.get("name").is_some()).map(fault).collect()
    }
}

impl Operation for ListCustomers {
    const NAME: &str = "list-customers";
    const SUMMARY: &str = "List the customers of an organization";
    const DESCRIPTION: &str = "Operators, agents, the organization's contact managers and partner members \
        with access level `full-admin` may call it. The list is sorted by name, ignoring case, accents and \
        punctuation, unless `sort` selects another order, for which the organization may have at most 1,000 \
        customers (422 `too-many-to-sort`); removed customers are omitted. With `name`, the best matches of a page come first. A \
        page may contain fewer items than `pageSize`, or none, although `nextPageToken` is present. The list \
        is eventually consistent.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/customers",
        &[Role::Operator, Role::Agent, Role::ContactManager, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW, TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Validated<ListCustomersQuery>;
    type Body = Empty;
    type Output = List<CustomerView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<CustomerView>>, Failure> {
        let Request { context, caller: actor, path, query: Validated(query), .. } = request;
        let OrganizationPath { organization_id } = *path;
        let found = find(context, organization_id, query);
        let organization = OrganizationById(organization_id);
        let found = read_if_visible(context, actor, &organization, found);
        let authority = authorize_reading(context, actor, organization_id);
        let ((), List { items, next_page_token }) = tokio::try_join!(authority, found)?;
        let items = items.into_iter().map(|customer| CustomerView::to(actor, customer)).collect();
        Ok(Reply::ok(List { items, next_page_token }))
    }
}

/// Returns the requested page of the customers that a query selects.
async fn find(
    context: &Context<'_>,
    organization: OrganizationId,
    ListCustomersQuery { name, email, state, sort }: &ListCustomersQuery,
) -> Result<List<Customer>, Failure> {
    let is_wanted = |customer: &Customer| {
        let is_current = customer.organization_id == Some(organization) && customer.removed_at.is_none();
        let is_named = email.as_ref().is_none_or(|email| email.begins(&customer.email));
        let is_in_state = state.is_none_or(|state| state == PersonState::of(customer.disabled_at));
        is_current && is_named && is_in_state
    };
    if let Some(name) = name {
        let found = context.search_names(NameScope::Customers(organization), name).await?;
        let ids = found.items.iter().map(NamePart::id).collect::<Result<Vec<_>, _>>()?;
        let lookups: Vec<_> = ids.into_iter().map(CustomerById).collect();
        let items = context.table.fetch_all(&lookups).await?.into_iter().filter(is_wanted).collect();
        return Ok(List { items, next_page_token: found.next_page_token });
    }
    if let Some(whole) = email.as_ref().and_then(EmailPrefix::whole) {
        let record = context.table.get(&EmailInOrganization(Some(organization), whole)).await?;
        if let Some(record) = record {
            let lookups = [CustomerById(record.holder()?)];
            let items = context.table.fetch_all(&lookups).await?.into_iter().filter(is_wanted).collect();
            return Ok(List { items, next_page_token: None });
        }
    }
    let all = CustomersOfOrganization(organization);
    if *sort == PersonSort::Name {
        return context.filtered_page(&all, true, is_wanted).await;
    }
    let all = context.table.list_at_most(&all, false, &AtomicUsize::new(MOST_SORTED)).await?;
    let all = all.ok_or_else(too_many_to_sort)?.into_iter().filter(is_wanted);
    let position = |one: &Customer| sort.position(&one.name, &one.email, &one.id.to_string());
    Ok(context.page_of_all(all.map(|one| (position(&one), one)).collect()))
}
