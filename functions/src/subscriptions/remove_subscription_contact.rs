//! `remove-subscription-contact`

use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::SubscriptionContactRemoved;
use domain::fault::quoted;
use domain::subscription::SubscriptionContact;
use domain::{
    Actor, CustomerId, Email, ErrorKind, Faults, OrganizationId, ParseError, Role, Subscription,
    SubscriptionId,
};
use schemars::JsonSchema;

use super::contacts::Contacts;
use super::{NOT_A_CONTACT, SubscriptionPath, SubscriptionView, read};

/// Removes a contact from a subscription.
pub struct RemoveSubscriptionContact;

/// Path of a contact of a subscription.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct RemoveSubscriptionContactPath {
    /// Organization that the subscription belongs to.
    organization_id: OrganizationId,
    /// Id of the subscription.
    subscription_id: SubscriptionId,
    /// Id of the customer, or the e-mail of the contact if it has no customer record.
    customer_id: ContactSelector,
}

/// A contact, selected by the id of its customer record or by its e-mail.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(with = "String")]
enum ContactSelector {
    Record(CustomerId),
    Email(Email),
}

impl ContactSelector {
    fn selects(&self, contact: &SubscriptionContact) -> bool {
        match self {
            Self::Record(id) => contact.customer_id == Some(*id),
            Self::Email(email) => contact.email == *email,
        }
    }
}

impl std::str::FromStr for ContactSelector {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let email = |_| text.parse().map(Self::Email);
        text.parse().map(Self::Record).or_else(email).map_err(|_| {
            let detail = format!("{} is neither the id of a customer nor an e-mail", quoted(text));
            ParseError::new("invalid-id", detail)
        })
    }
}

impl Deserr<Faults> for ContactSelector {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        domain::fault::parse_text(value, location)
    }
}

const LAST_CONTACT: ErrorKind =
    ErrorKind::state("last-contact", "this is the subscription's last contact: add another one first");

impl Operation for RemoveSubscriptionContact {
    const NAME: &str = "remove-subscription-contact";
    const SUMMARY: &str = "Remove a contact from a subscription";
    const DESCRIPTION: &str = "Operators and contacts of the subscription may call it. The last contact \
        cannot be removed (409 `last-contact`), nor can a contact of a deactivated subscription. \
        Idempotent: it changes nothing if the person is not a contact. A removal is recorded as \
        `subscription.contact-removed`; the customer can be added again.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contacts/{customerId}",
        &[Role::Operator, Role::Customer],
    )];
    const ERRORS: &[ErrorKind] = &[NOT_A_CONTACT, LAST_CONTACT, Subscription::DEACTIVATED];

    type Caller = Actor;
    type Path = RemoveSubscriptionContactPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = SubscriptionView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SubscriptionView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let RemoveSubscriptionContactPath { organization_id, subscription_id, customer_id: selector } = path;
        let path = SubscriptionPath { organization_id: *organization_id, subscription_id: *subscription_id };
        let (before, viewer, _) = read(context, actor, &path, |_| {}).await?;
        let mut change = Change::new();
        viewer.require_contact(&mut change, &before)?;
        let (seen, mut after) = (before.metadata.version, before.clone());
        let removed = before.contacts.iter().find(|contact| selector.selects(contact));
        let Some(removed) = removed else {
            change.confirm(&before, seen, context.if_match())?;
            let shown = viewer.narrow_and_show(context, &before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        };
        if before.deactivation.is_some() {
            change.reject(&Subscription::DEACTIVATED, &[]);
        }
        after.contacts.retain(|contact| !selector.selects(contact));
        let others = Contacts { organization: *organization_id, contacts: &after.contacts };
        if before.deactivation.is_none() && others.read_lasting(context, false).await?.is_empty() {
            change.reject(&LAST_CONTACT, &[]);
        }
        after.metadata = before.metadata.next(context.now);
        change.replace(&after, seen, context.if_match())?;
        let SubscriptionContact { email, customer_id, .. } = removed.clone();
        let removed = SubscriptionContactRemoved { subscription_id: after.id, email, customer_id };
        change.record(after.event(removed));
        let shown = viewer.narrow_and_show(context, &after).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}
