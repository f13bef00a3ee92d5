//! `list-subscription-contacts`

use api_runtime::table::BatchGet;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::{Actor, PartnerId, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::contacts::{ContactView, Contacts};
use super::{SubscriptionPath, read};
use crate::party::{Names, Party};

/// Returns the billing partner and the contacts of a subscription.
pub struct ListSubscriptionContacts;

/// The partner and the customers who manage a subscription.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactsOfSubscription {
    /// Partner to which the subscription is billed, with its name; absent if no partner manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_partner: Option<Party<PartnerId>>,
    /// Customers who manage the subscription with their current names, at most 20. Removed customers are left out.
    contacts: Vec<ContactView>,
}

impl Output for ContactsOfSubscription {}

impl Operation for ListSubscriptionContacts {
    const NAME: &str = "list-subscription-contacts";
    const SUMMARY: &str = "List the billing partner and contacts of a subscription";
    const DESCRIPTION: &str = "Operators, agents and the organization's contact managers may call it for \
        any of its subscriptions, other customers for those of which they are a contact, and partner \
        members for those that their partner manages. A contact whose customer record was removed is not \
        listed.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contacts",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = SubscriptionPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = ContactsOfSubscription;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ContactsOfSubscription>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (one, _, _) = read(context, actor, path, |_| {}).await?;
        let partner = one.buyer().partner_id;
        let contacts = Contacts::of(&one);
        let mut wanted = BatchGet::new();
        Names::want(&mut wanted, partner.into_iter(), std::iter::empty());
        contacts.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let names = Names::among(&found, partner.into_iter(), std::iter::empty())?;
        let billing_partner = partner.map(|partner| names.partner(partner));
        let contacts = contacts.current(context, &found).await?;
        Ok(Reply::ok(ContactsOfSubscription { billing_partner, contacts }))
    }
}
