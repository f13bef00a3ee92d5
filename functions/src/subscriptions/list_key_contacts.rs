//! `list-key-contacts`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::subscription::SubscriptionContact;
use domain::{Actor, PartnerId, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::{SubscriptionPath, read};
use crate::party::{Names, Party};

/// Shows who looks after a subscription.
pub struct ListKeyContacts;

/// Who looks after a subscription.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyContacts {
    /// The partner to which it is billed; none if no partner manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_partner: Option<Party<PartnerId>>,
    /// The customers.
    contacts: Vec<SubscriptionContact>,
}

impl Output for KeyContacts {}

impl Operation for ListKeyContacts {
    const NAME: &str = "list-key-contacts";
    const ABOUT: &str =
        "Shows the partner to which a subscription is billed, and the customers who look after it.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/contacts",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = SubscriptionPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = KeyContacts;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<KeyContacts>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (one, _, _) = read(context, actor, path, |_| {}).await?;
        let partner = one.buyer().partner_id;
        let names = Names::of(context, partner.into_iter(), std::iter::empty()).await?;
        let billing_partner = partner.map(|partner| names.partner(partner));
        Ok(Reply::ok(KeyContacts { billing_partner, contacts: one.contacts }))
    }
}
