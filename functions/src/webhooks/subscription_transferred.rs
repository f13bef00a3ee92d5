//! `subscription.transferred`: another partner or account pays for a subscription.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{BatchGet, OrganizationById, PartnerOrganizationLink};
use api_runtime::{Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::fault::Check;
use domain::order::Reference;
use domain::subscription::{Buyer, SubscriptionUpdate, Transfer};
use domain::{
    EntryOrigin, ErrorKind, Faults, ParseError, PartnerId, Problem, ProblemKind, StoreAccount, Subscription,
    SubscriptionId, Timestamp,
};
use schemars::JsonSchema;

use super::active_parties::{require_active_organization, require_active_partner};
use super::buyer::{self, NamedBuyer};
use super::{FoundSubscription, MessageData, Receipt, apply_conditional_report, find};
use crate::orders::update::require_owner;
use crate::party::require_in_directory;

/// Transfer of a subscription. Exactly one of `storeAccount` and `partnerId` names the new buyer.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionTransferredData {
    /// Transferred subscription, by its id or by the store's external id.
    subscription: Reference<SubscriptionId>,
    /// Account at the store to which the subscription is billed from now on; 1 to 100 characters. It must be linked to
    /// a partner.
    #[deserr(default)]
    store_account: Option<StoreAccount>,
    /// Partner that manages the subscription from now on; only for sources that may name partners.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
}

impl MessageData for SubscriptionTransferredData {
    const TYPE: &str = "subscription.transferred";
}

impl Check for SubscriptionTransferredData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        buyer::check(sent, false).into_iter().collect()
    }
}

pub(super) const UNKNOWN_ACCOUNT: ErrorKind = ErrorKind::rule(
    "unknown-account",
    "the account is not linked to a partner: link it, then send the message again",
);

/// Transfers the subscription. The previous partner can no longer see it from that moment on. The organization is added to
/// the new partner's directory, unless it is there. A transfer to a deactivated partner, or to another partner of a
/// deactivated organization, is refused.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionTransferredData { subscription, store_account, partner_id }: SubscriptionTransferredData,
    occurred_at: Timestamp,
) -> Result<Reply<Receipt>, Failure> {
    let named = NamedBuyer::new(&delivery.source, store_account.clone(), partner_id);
    let mut wanted = BatchGet::new();
    named.want(&mut wanted);
    let found = context.table.fetch(wanted, true).await?;
    let partner_id = named.find(&delivery.source, &found)?;
    let partner_id = partner_id.map_err(|fault| Problem::of(ProblemKind::Rule, vec![fault]))?;
    let partner = partner_id.ok_or_else(|| UNKNOWN_ACCOUNT.refuse(&[&"data", &"storeAccount"]))?;
    let mut conditions = Change::new();
    require_active_partner(&mut conditions, partner, named.field());
    if let Some(account) = named.account {
        require_owner(&mut conditions, (account, partner));
    }
    let named = find(context, delivery, &subscription).await?;
    let (mut organization, mut entry) = (None, None);
    if let FoundSubscription::Existing(there) = &named {
        let lookup = OrganizationById(there.organization_id);
        let entry_lookup = PartnerOrganizationLink(partner, there.organization_id);
        let mut wanted = BatchGet::new();
        wanted.add(&lookup);
        wanted.add(&entry_lookup);
        let found = context.table.fetch(wanted, true).await?;
        (organization, entry) = (found.get(&lookup)?, found.get(&entry_lookup)?);
    }
    let to = Buyer { partner_id, billing_account: store_account };
    let update = SubscriptionUpdate::Transfer(Transfer { occurred_at, to });
    let add_events = |change: &mut Change, before: &Subscription, after: &Subscription| {
        after.transferred_from(before.buyer()).into_iter().for_each(|event| change.record(event));
        let is_new = after.buyer().partner_id == Some(partner) && before.buyer().partner_id != Some(partner);
        if let Some(organization) = organization.filter(|_| is_new) {
            // Without a directory entry, a deactivation of the partner would not find the subscription.
            require_active_organization(change, organization.id);
            let place = (partner, &organization);
            require_in_directory(change, place, entry, EntryOrigin::Transfer, context.now)?;
        }
        Ok(())
    };
    let named = (named, "subscription.transferred");
    apply_conditional_report(context, delivery, named, (update, conditions), add_events).await
}
