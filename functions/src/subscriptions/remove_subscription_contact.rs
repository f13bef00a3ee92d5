//! `remove-subscription-contact`

use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::event::SubscriptionContactRemoved;
use domain::subscription::SubscriptionContact;
use domain::{Actor, ErrorKind, Role, Subscription};

use super::contact_selector::{SubscriptionContactPath, require_contact_authority};
use super::contacts::Contacts;
use super::{NOT_A_CONTACT, SubscriptionView, read};

/// Removes a contact from a subscription.
pub struct RemoveSubscriptionContact;

const LAST_CONTACT: ErrorKind =
    ErrorKind::state("last-contact", "this is the subscription's last contact: add another one first");

impl Operation for RemoveSubscriptionContact {
    const NAME: &str = "remove-subscription-contact";
    const SUMMARY: &str = "Remove a contact from a subscription";
    const DESCRIPTION: &str = "Operators, contacts of the subscription, and members of the partner that \
        manages it may call it. The contact is named by the id of its customer record or by its e-mail. The \
        last contact cannot be removed (409 `last-contact`), nor can a contact of a deactivated \
        subscription. Idempotent: it changes nothing if the person is not a contact. A removal is recorded as \
        `subscription.contact-removed`; the customer can be added again.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contacts/{customerId}",
        &[Role::Operator, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[NOT_A_CONTACT, LAST_CONTACT, Subscription::DEACTIVATED];

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
        let (seen, mut after) = (before.metadata.version, before.clone());
        let is_it = |contact: &SubscriptionContact| contact.is_of(selector.email(), record);
        let removed: Vec<_> = before.contacts.iter().filter(|contact| is_it(contact)).collect();
        if removed.is_empty() {
            change.confirm(&before, seen, context.if_match())?;
            let shown = viewer.narrow_and_show(context, &before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.deactivation.is_some() {
            change.reject(&Subscription::DEACTIVATED, &[]);
        }
        after.contacts.retain(|contact| !is_it(contact));
        if before.deactivation.is_none()
            && Contacts::of(&after).read_lasting(context, false).await?.is_empty()
        {
            change.reject(&LAST_CONTACT, &[]);
        }
        after.metadata = before.metadata.next(context.now);
        change.replace(&after, seen, context.if_match())?;
        for contact in removed {
            let (email, customer_id) = (contact.email_in_order().cloned(), contact.customer_id());
            let removed = SubscriptionContactRemoved { subscription_id: after.id, email, customer_id };
            change.record(after.event(removed));
        }
        let shown = viewer.narrow_and_show(context, &after).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}
