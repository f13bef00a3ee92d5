//! `list-subscription-candidates`

use api_runtime::table::{BatchGet, CustomerById, CustomersOfOrganization};
use api_runtime::{Change, Empty, Failure, List, Method, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Customer, CustomerId, Email, ErrorKind, Faults, Name, NameQuery, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::contacts::Contacts;
use super::{NOT_A_CONTACT, SubscriptionPath, read};

/// Lists the customers who can become contacts of a subscription.
pub struct ListSubscriptionCandidates;

/// Query parameters that select candidates.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSubscriptionCandidatesQuery {
    /// Name or e-mail to search for: 1 to 200 characters. It matches a name as in the lists of organizations, and an
    /// e-mail that contains it. Default: all customers.
    #[deserr(default)]
    search: Option<NameQuery>,
}

impl ListSubscriptionCandidatesQuery {
    fn matches(&self, customer: &Customer) -> bool {
        self.search.as_ref().is_none_or(|search| {
            let text = search.to_string().to_lowercase();
            search.matches(&customer.name).is_some() || customer.email.folded().contains(&text)
        })
    }
}

/// A customer who can become a contact.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactCandidate {
    /// Id of the customer, by which `add-subscription-contact` names it.
    customer_id: CustomerId,
    /// Display name of the customer: 1 to 200 characters.
    name: Name,
    /// E-mail of the customer; at most 254 bytes.
    email: Email,
}

impl Operation for ListSubscriptionCandidates {
    const NAME: &str = "list-subscription-candidates";
    const SUMMARY: &str = "List customers who can become contacts of a subscription";
    const DESCRIPTION: &str = "Those who may add a contact may call it: operators, contacts of the \
        subscription, and members of the partner that manages it. The list holds the organization's \
        customers who are not contacts of the subscription, by name or e-mail if `search` is given, in the \
        order of their creation. A customer who was created a moment ago may be missing. A page may hold \
        fewer items than `pageSize`, even none, and still have a `nextPageToken`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contact-candidates",
        &[Role::Operator, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[NOT_A_CONTACT];

    type Caller = Actor;
    type Path = SubscriptionPath;
    type Query = ListSubscriptionCandidatesQuery;
    type Body = Empty;
    type Output = List<ContactCandidate>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<ContactCandidate>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let customers = CustomersOfOrganization(path.organization_id);
        let page_query = context.page_query(true);
        let matches = |customer: &Customer| query.matches(customer);
        let page = async { Ok(context.table.page(&customers, &page_query, Some(&matches)).await?) };
        let ((one, viewer, _), page) = tokio::try_join!(read(context, actor, path, |_| {}), page)?;
        if !actor.has_one_of(&[Role::PartnerMember]) {
            viewer.require_contact(&mut Change::new(), &one)?;
        }
        // The index is eventually consistent, so its results are read again: a customer may have been removed.
        let mut wanted = BatchGet::new();
        page.items.iter().for_each(|customer| wanted.add(&CustomerById(customer.id)));
        let found = context.table.fetch(wanted, true).await?;
        let mut items = Vec::new();
        for Customer { id, .. } in page.items {
            let customer = found.get(&CustomerById(id))?.filter(|customer| {
                let is_here = customer.organization_id == Some(path.organization_id);
                is_here && customer.removed_at.is_none() && query.matches(customer)
            });
            let candidate = customer.filter(|customer| !Contacts::of(&one).include(customer));
            items.extend(candidate.map(|Customer { id, name, email, .. }| ContactCandidate {
                customer_id: id,
                name,
                email,
            }));
        }
        Ok(Reply::ok(context.list(items, page.next)))
    }
}
