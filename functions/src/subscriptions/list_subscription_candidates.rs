//! `list-subscription-candidates`

use api_runtime::table::{BatchGet, CustomerById, CustomersOfOrganization, EmailInPartner};
use api_runtime::{Empty, Failure, List, Method, Operation, OrNotFound, Reply, Request, Route, route};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::{Actor, Customer, CustomerId, Email, ErrorKind, Faults, Name, NameQuery, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::contacts::Contacts;
use super::{NOT_A_CONTACT, SubscriptionPath, read};
use crate::person_search::matches_person;

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
        matches_person(self.search.as_ref(), &customer.name, &customer.email)
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
    const DESCRIPTION: &str = "Operators, contacts of the subscription, and members of the managing partner \
        may call it. The list holds the organization's customers who are not contacts of the subscription \
        and are not disabled, by name or e-mail if `search` is given, in the order of their names. A \
        customer who was created a moment ago may be missing. A page may hold \
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
        let member = match actor.kind {
            ActorKind::Partner { partner, .. } => Some(EmailInPartner(partner, actor.require_email()?)),
            _ => None,
        };
        let also = |wanted: &mut BatchGet| member.iter().for_each(|member| wanted.add(member));
        let ((one, viewer, found), page) = tokio::try_join!(read(context, actor, path, also), page)?;
        match &member {
            Some(member) => {
                found.get(member)?.filter(|record| record.is_on_record()).or_not_found()?;
            }
            None if !viewer.is_operator_or_contact(&one) => return Err(NOT_A_CONTACT.refuse(&[]).into()),
            None => {}
        }
        // The index is eventually consistent, so its results are read again: a customer may have been removed.
        let mut wanted = BatchGet::new();
        page.items.iter().for_each(|customer| wanted.add(&CustomerById(customer.id)));
        Contacts::of(&one).want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let contacts = Contacts::of(&one).stored_among(&found)?;
        let is_contact = |customer: &Customer| {
            contacts.iter().any(|contact| contact.is_of(Some(&customer.email), Some(customer.id)))
        };
        let mut items = Vec::new();
        for Customer { id, .. } in page.items {
            let customer = found.get(&CustomerById(id))?.filter(|customer| {
                let is_here = customer.organization_id == Some(path.organization_id);
                is_here && customer.is_active() && query.matches(customer)
            });
            let candidate = customer.filter(|customer| !is_contact(customer));
            items.extend(candidate.map(|Customer { id, name, email, .. }| ContactCandidate {
                customer_id: id,
                name,
                email,
            }));
        }
        Ok(Reply::ok(context.list(items, page.next)))
    }
}
