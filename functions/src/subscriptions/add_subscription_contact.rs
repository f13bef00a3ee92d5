//! `add-subscription-contact`

use api_runtime::table::{ContactHistoryOf, CustomerById, EmailInOrganization, remember_contact};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Empty, Failure, Method, Nothing, Operation, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::event::SubscriptionContactAdded;
use domain::subscription::SubscriptionContact;
use domain::{Actor, CustomerId, ErrorKind, Faults, OrganizationId, Role, Subscription, SubscriptionId};
use schemars::JsonSchema;

use super::contacts::Contacts;
use super::{NOT_A_CONTACT, SubscriptionPath, SubscriptionView, read};
use crate::authority::own_record::require_member;

/// Adds a customer to the contacts of a subscription.
pub struct AddSubscriptionContact;

/// Path of a customer who becomes a contact of a subscription.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct AddSubscriptionContactPath {
    /// Organization that the subscription belongs to.
    organization_id: OrganizationId,
    /// Id of the subscription.
    subscription_id: SubscriptionId,
    /// Id of the customer, who must belong to the organization.
    customer_id: CustomerId,
}

const UNKNOWN_CUSTOMER: ErrorKind =
    ErrorKind::rule("unknown-customer", "the organization has no such customer");
const TOO_MANY_CONTACTS: ErrorKind =
    ErrorKind::state("too-many-contacts", "the subscription already has 20 contacts: remove one first");
const NOT_THE_FIRST: ErrorKind = ErrorKind::rule(
    "not-the-first-contact",
    "a partner may only add a subscription's first contact: its contacts add the others",
);

impl Operation for AddSubscriptionContact {
    const NAME: &str = "add-subscription-contact";
    const SUMMARY: &str = "Add a customer to the contacts of a subscription";
    const DESCRIPTION: &str = "Operators and contacts of the subscription may call it; members of the \
        partner that manages it may do so while it has no contact. The customer must belong to the \
        organization. A subscription has at most 20 contacts, not counting removed customers, and a \
        deactivated one accepts no new contact. Idempotent: it changes nothing if the customer is a contact \
        already. An addition is recorded as `subscription.contact-added` and can be undone with \
        `remove-subscription-contact`, except for the last contact.";
    const ROUTES: &[Route] = &[route(
        Method::Put,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contacts/{customerId}",
        &[Role::Operator, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] =
        &[NOT_A_CONTACT, NOT_THE_FIRST, UNKNOWN_CUSTOMER, TOO_MANY_CONTACTS, Subscription::DEACTIVATED];

    type Caller = Actor;
    type Path = AddSubscriptionContactPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = SubscriptionView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SubscriptionView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let AddSubscriptionContactPath { organization_id, subscription_id, customer_id: named } = *path;
        let path = SubscriptionPath { organization_id, subscription_id };
        let customer = CustomerById(named);
        let (before, viewer, found) = read(context, actor, &path, |wanted| wanted.add(&customer)).await?;
        let mut change = Change::new();
        let by_partner = actor.has_one_of(&[Role::PartnerMember]);
        let contacts = Contacts { organization: organization_id, contacts: &before.contacts };
        let none = !by_partner || contacts.read_lasting(context, false).await?.is_empty();
        let is_one = before.contacts.iter().any(|contact| contact.customer_id == Some(named));
        match actor.kind {
            ActorKind::Partner { .. } if !none && !is_one => return Err(NOT_THE_FIRST.refuse(&[]).into()),
            ActorKind::Partner { partner, .. } => require_member(&mut change, actor, partner)?,
            _ => viewer.require_contact(&mut change, &before)?,
        }
        let known = found
            .get(&customer)?
            .filter(|customer| customer.organization_id == Some(organization_id) && customer.is_active());
        let Some(known) = known else { return Err(UNKNOWN_CUSTOMER.refuse(&[]).into()) };
        let (seen, mut after) = (before.metadata.version, before.clone());
        let domain::Customer { email, name, .. } = known;
        let (since, customer_id) = (context.now, Some(named));
        let contact = SubscriptionContact { email: email.clone(), name, since, customer_id };
        if before.contact(&email).is_some_and(|before| before.customer_id == contact.customer_id) {
            change.confirm(&before, seen, context.if_match())?;
            let shown = viewer.narrow_and_show(context, &before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.deactivation.is_some() {
            change.reject(&Subscription::DEACTIVATED, &[]);
        }
        add_contact(context, &mut change, &mut after, contact).await?;
        after.metadata = before.metadata.next(context.now);
        change.replace(&after, seen, context.if_match())?;
        // A contact with a customer record has a condition on that record already, and a transaction accepts one per
        // item.
        let own = actor.email.as_ref().filter(|_| actor.has_one_of(&[Role::Customer]));
        let own = own.and_then(|own| before.contact(own)).filter(|contact| contact.customer_id.is_some());
        if own.is_none_or(|own| own.email != email) {
            let record = EmailInOrganization(Some(organization_id), email.clone());
            change.require_owner(&record, named, || ConditionFailure::Stale);
        }
        let known = context.table.get(&ContactHistoryOf(organization_id, email.clone())).await?;
        let first = known.is_none_or(|known| !known.was_contact);
        if first {
            change.add(remember_contact(organization_id, &email));
        }
        let added = SubscriptionContactAdded { subscription_id, customer_id: named, first_time: first };
        change.record(after.event(added));
        let shown = viewer.narrow_and_show(context, &after).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}

/// Adds a contact in place of an earlier one with the same e-mail. Former contacts make room if there are many; no
/// condition is needed for that, because a former contact never becomes a contact again by itself. Disabled customers
/// keep their places.
async fn add_contact(
    context: &Context<'_>,
    change: &mut Change,
    one: &mut Subscription,
    contact: SubscriptionContact,
) -> Result<(), Failure> {
    one.contacts.retain(|known| known.email != contact.email);
    if one.contacts.len() >= Subscription::MOST_CONTACTS {
        let contacts = Contacts { organization: one.organization_id, contacts: &one.contacts };
        one.contacts = contacts.read_lasting(context, true).await?.into_iter().cloned().collect();
    }
    one.contacts.push(contact);
    if one.contacts.len() > Subscription::MOST_CONTACTS {
        let most = u64::try_from(Subscription::MOST_CONTACTS).ok();
        let fault = TOO_MANY_CONTACTS.at(&[]).with_limit(most.unwrap_or_default(), most);
        change.reject_with(TOO_MANY_CONTACTS.kind, fault);
    }
    Ok(())
}
