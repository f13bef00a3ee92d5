//! `subscription.transferred`: somebody else pays for a subscription.

use aws::http::caller::Delivery;
use aws::table::pattern::{OrganizationById, OwnerOfStoreAccount, PartnerById};
use aws::table::{Change, Wanted};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::fault::Check;
use domain::order::Named as Ref;
use domain::subscription::{Buyer, Said, Transfer};
use domain::{Faults, Invalid, PartnerId, Reason, Sent, StoreAccount, Subscription, SubscriptionId};
use schemars::JsonSchema;

use super::order_placed::{NOT_ALLOWED, UNKNOWN_PARTNER};
use super::{Named, Receipt, find, hear};
use crate::party::add_customer;

/// Which subscription, and to whom: the partner of an account at the store or, by a source that may, a partner by its id.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Transferred {
    /// The subscription.
    subscription: Ref<SubscriptionId>,
    /// The account at the store to which it is billed from now on.
    #[deserr(default)]
    store_account: Option<StoreAccount>,
    /// The partner that manages it from now on.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
}

impl Check for Transferred {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        let names = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
        let (place, invalid) = match (names("storeAccount"), names("partnerId")) {
            (true, true) => ("", Invalid::new("ambiguous", "names both `storeAccount` and `partnerId`")),
            (false, false) if sent.is_object() => {
                ("/storeAccount", Invalid::new("missing", "is required, unless `partnerId` is given"))
            }
            _ => return Vec::new(),
        };
        vec![(place.to_owned(), invalid)]
    }
}

pub(super) const UNKNOWN_ACCOUNT: Reason =
    Reason::rule("unknown-account", "this account is no partner's: link it, and send the message again");

/// Moves it: the partner before sees nothing of it any more, at once.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    Transferred { subscription, store_account, partner_id }: Transferred,
    said_at: Sent,
) -> Result<Answer<Receipt>, Failure> {
    let account = store_account.clone().map(|account| OwnerOfStoreAccount(delivery.source.id, account));
    let mut wanted = Wanted::new();
    account.iter().for_each(|account| wanted.add(account));
    partner_id.iter().for_each(|partner| wanted.add(&PartnerById(*partner)));
    if partner_id.is_some() && !delivery.source.may_name_partners {
        return Err(NOT_ALLOWED.refuse(&[&"data", &"partnerId"]).into());
    }
    let found = context.table.fetch(wanted, true).await?;
    let partner_id = match (&account, partner_id) {
        (Some(account), _) => {
            let owner =
                found.get(account)?.ok_or_else(|| UNKNOWN_ACCOUNT.refuse(&[&"data", &"storeAccount"]))?;
            Some(owner.partner()?)
        }
        (None, Some(partner)) => {
            let known = found.get(&PartnerById(partner))?.map(|partner| partner.id);
            Some(known.ok_or_else(|| UNKNOWN_PARTNER.refuse(&[&"data", &"partnerId"]))?)
        }
        (None, None) => None,
    };
    // Whose customer it is from now on must be in the partner's directory by its name.
    let named = find(context, delivery, &subscription).await?;
    let organization = match &named {
        Named::There(there) => context.table.get(&OrganizationById(there.organization_id)).await?,
        Named::NotYet(..) => None,
    };
    let to = Buyer { partner_id, billing_account: store_account };
    let said = Said::Transfer(Transfer { said_at: said_at.instant(context.now), to });
    let tell = |change: &mut Change<Receipt>, before: &Subscription, after: &Subscription| {
        after.transferred_from(before.buyer()).into_iter().for_each(|event| change.record(event));
        let to = after.buyer().partner_id.filter(|to| before.buyer().partner_id != Some(*to));
        if let Some((partner, organization)) = to.zip(organization) {
            add_customer(change, partner, &organization, context.now)?;
        }
        Ok(())
    };
    hear(context, delivery, (named, "subscription.transferred"), said, tell).await
}
