//! `add-subscription-contact`

use api_runtime::table::{ContactHistoryOf, CustomerById, EmailInOrganization, remember_contact};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Empty, Failure, Method, Nothing, Operation, Reply, Request,
    Route, route,
};
use domain::event::SubscriptionContactAdded;
use domain::service_request::TOO_MANY_CONTACTS;
use domain::subscription::{ContactPerson, SubscriptionContact};
use domain::{
    Actor, Customer, CustomerId, Email, ErrorKind, Fault, FaultPointer, OrganizationId, Problem, Role,
    Subscription,
};

use super::contact_selector::{ContactSelector, SubscriptionContactPath, require_contact_authority};
use super::contacts::Contacts;
use super::{NOT_A_CONTACT, SubscriptionView, read};

/// Adds a customer to the contacts of a subscription.
pub struct AddSubscriptionContact;

const UNKNOWN_CUSTOMER: ErrorKind =
    ErrorKind::rule("unknown-customer", "the organization has no such customer");
const CUSTOMER_DISABLED: ErrorKind =
    ErrorKind::rule("customer-disabled", "the customer is disabled: enable it first with `enable-customer`");

impl Operation for AddSubscriptionContact {
    const NAME: &str = "add-subscription-contact";
    const SUMMARY: &str = "Add a customer to the contacts of a subscription";
    const DESCRIPTION: &str = "Operators, contacts of the subscription, and members of the partner that \
        manages it may call it; a partner that replaces a contact adds the new one before it removes the \
        earlier one. The customer is named by its id or by its e-mail, and must belong to the \
        organization; `list-subscription-candidates` finds it. A subscription has at most 20 \
        contacts, not counting removed customers, and a deactivated one accepts no new contact. A disabled \
        customer is refused (422 `customer-disabled`). A customer who was moved to another organization and \
        back is no longer a contact and can be added again. \
        Idempotent: it changes nothing if the customer is a contact already. An addition is recorded as \
        `subscription.contact-added` and can be undone with `remove-subscription-contact`, except for the \
        last contact.";
    const ROUTES: &[Route] = &[route(
        Method::Put,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contacts/{customerId}",
        &[Role::Operator, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] =
        &[NOT_A_CONTACT, UNKNOWN_CUSTOMER, CUSTOMER_DISABLED, TOO_MANY_CONTACTS, Subscription::DEACTIVATED];

    type Caller = Actor;
    type Path = SubscriptionContactPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = SubscriptionView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SubscriptionView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (subscription, selector) = (path.subscription(), path.contact());
        let organization = subscription.organization_id;
        let also = |wanted: &mut _| selector.want(wanted, organization);
        let (before, viewer, found) = read(context, actor, &subscription, also).await?;
        let mut change = Change::new();
        require_contact_authority(&mut change, actor, &viewer, &before)?;
        let record = selector.record(&found, organization)?;
        let known = match selector {
            ContactSelector::Record(id) => found.get(&CustomerById(*id))?,
            ContactSelector::Email(_) => read_customer(context, record).await?,
        };
        let customer = require_active(known, organization)?;
        let (customer_id, email) = (customer.id, &customer.email);
        let (seen, mut after) = (before.metadata.version, before.clone());
        if Contacts::of(&before).include_record(&customer) {
            change.confirm(&before, seen, context.if_match())?;
            let shown = viewer.narrow_and_show(context, &before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.deactivation.is_some() {
            change.reject(&Subscription::DEACTIVATED, &[]);
        }
        // The new contact replaces one whom an order named by the same e-mail, and one from before the customer was moved
        // away and back.
        after.contacts.retain(|contact| !contact.is_of(Some(email), Some(customer_id)));
        add_contact(context, &mut change, &mut after, customer_id).await?;
        after.metadata = before.metadata.next(context.now);
        change.replace(&after, seen, context.if_match())?;
        // It is not the caller's own record that is a condition already: a contact by that record adds nothing.
        let owner = EmailInOrganization(Some(organization), email.clone());
        change.require_owner(&owner, customer_id, || ConditionFailure::Stale);
        let first = is_first_time(context, organization, email).await?;
        if first {
            change.add(remember_contact(organization, email));
        }
        let added = SubscriptionContactAdded { subscription_id: after.id, customer_id, first_time: first };
        change.record(after.event(added));
        let shown = viewer.narrow_and_show(context, &after).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}

/// Returns a customer who can become a contact.
fn require_active(known: Option<Customer>, organization: OrganizationId) -> Result<Customer, Problem> {
    let refuse = |ErrorKind { kind, code, about }| {
        Problem::of(kind, vec![Fault::new(FaultPointer::parameter("customerId"), code, about)])
    };
    let is_here = |one: &Customer| one.organization_id == Some(organization) && one.removed_at.is_none();
    match known.filter(is_here) {
        Some(customer) if customer.is_active() => Ok(customer),
        Some(_) => Err(refuse(CUSTOMER_DISABLED)),
        None => Err(refuse(UNKNOWN_CUSTOMER)),
    }
}

/// Reads the customer to whose record an e-mail was resolved.
async fn read_customer(
    context: &Context<'_>,
    record: Option<CustomerId>,
) -> Result<Option<Customer>, Failure> {
    match record {
        Some(id) => Ok(context.table.get(&CustomerById(id)).await?),
        None => Ok(None),
    }
}

async fn is_first_time(
    context: &Context<'_>,
    organization: OrganizationId,
    email: &Email,
) -> Result<bool, Failure> {
    let known = context.table.get(&ContactHistoryOf(organization, email.clone())).await?;
    Ok(known.is_none_or(|known| !known.was_contact))
}

/// Adds a contact. Former contacts make room if there are many; no condition is needed for that, because a former contact
/// never becomes a contact again by itself. Disabled customers keep their places.
async fn add_contact(
    context: &Context<'_>,
    change: &mut Change,
    one: &mut Subscription,
    customer_id: CustomerId,
) -> Result<(), Failure> {
    if one.contacts.len() >= Subscription::MOST_CONTACTS {
        let contacts = Contacts::of(one).read_lasting(context, true).await?;
        one.contacts = contacts.into_iter().cloned().collect();
    }
    let person = ContactPerson::Customer { customer_id };
    one.contacts.push(SubscriptionContact { person, since: context.now });
    if one.contacts.len() > Subscription::MOST_CONTACTS {
        let most = u64::try_from(Subscription::MOST_CONTACTS).ok();
        let fault = TOO_MANY_CONTACTS.at(&[]).with_limit(most.unwrap_or_default(), most);
        change.reject_with(TOO_MANY_CONTACTS.kind, fault);
    }
    Ok(())
}
