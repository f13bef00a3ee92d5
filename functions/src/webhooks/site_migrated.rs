//! `site.migrated`: a subscription was moved to a site on the new platform.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{BatchGet, FirstMigration, Reservation, SiteByUrl};
use api_runtime::{Answer, Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::event::SiteMigrated;
use domain::order::Reference;
use domain::subscription::SetUpTarget;
use domain::{Faults, Metadata, Name, Site, SiteUrl, Subscription, SubscriptionId, Timestamp};
use schemars::JsonSchema;

use super::active_parties::require_active_organization;
use super::{FoundSubscription, MessageData, Receipt, SUPERSEDED, UNKNOWN_SUBSCRIPTION, find, ignore};
use crate::subscriptions::create_site;

/// Migration of a subscription to a site.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SiteMigratedData {
    /// Migrated subscription, by its id or by the store's external id.
    subscription: Reference<SubscriptionId>,
    /// Address of the site: `https://` or `http://`, a host and an optional path; at most 500 characters. The site is
    /// created if the organization has none with this address.
    url: SiteUrl,
    /// Display name of a site that is created; 1 to 200 characters. Ignored if the site exists.
    #[deserr(default)]
    name: Option<Name>,
}

impl MessageData for SiteMigratedData {
    const TYPE: &str = "site.migrated";
}

/// Moves the subscription to the site, unless it was migrated or set up at the same time or later. The message is
/// refused while the subscription's order has not arrived, so that the store retries it, and while the organization is
/// deactivated, because nothing new is made for it.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SiteMigratedData { subscription, url, name }: SiteMigratedData,
    occurred_at: Timestamp,
) -> Result<Reply<Receipt>, Failure> {
    let FoundSubscription::Existing(before) = find(context, delivery, &subscription).await? else {
        return Err(UNKNOWN_SUBSCRIPTION.refuse(&[&"data", &"subscription"]).into());
    };
    if before.deactivation.is_some() {
        return ignore(context, &before, "site.migrated").await;
    }
    let (mut change, superseded) = (Change::new(), Receipt::ignored(SiteMigratedData::TYPE, SUPERSEDED));
    if before.set_up_at.is_some_and(|at| at >= occurred_at) {
        return context.commit(change, superseded).await;
    }
    let organization_id = before.organization_id;
    require_active_organization(&mut change, organization_id);
    let (by_url, first) = (SiteByUrl(organization_id, url.clone()), FirstMigration(organization_id));
    let mut wanted = BatchGet::new();
    wanted.add(&by_url);
    wanted.add(&first);
    let found = context.table.fetch(wanted, true).await?;
    let known = found.get(&by_url)?.map(|known| known.owner_id()).transpose()?;
    let first = found.get(&first)?.is_none();
    let id = known.unwrap_or_else(|| context.id());
    let site = Site { id, organization_id, url: url.clone(), name, metadata: Metadata::new(context.now) };
    if known.is_none() {
        create_site(&mut change, &site)?;
    }
    if first {
        change.create_or_retry(&Reservation::first_migration(&site), None)?;
    }
    let seen = before.metadata.version;
    let set_up_target = Some(SetUpTarget::Site { site_id: site.id, url: url.clone() });
    let same_target = before.set_up_target == set_up_target;
    let after = Subscription {
        set_up_target,
        set_up_at: Some(occurred_at),
        metadata: before.metadata.next(context.now),
        ..*before
    };
    change.replace(&after, seen, None)?;
    // A later report of the same migration only moves its time.
    if !first && same_target {
        return context.commit(change, superseded).await;
    }
    let kind = SiteMigrated { subscription_id: after.id, site_id: site.id, url, first_migration: first };
    change.record(after.event(kind));
    context.commit(change, Answer::ok(Receipt::AppliedToSubscription { subscription_id: after.id })).await
}
