//! Rows of lists of subscriptions: with the names of the product, the organization, the partner and the contacts, all of
//! which are read by one batch read.

use api_runtime::table::{BatchGet, BatchResult, OrganizationById, PartnerById, ProductById};
use api_runtime::{Context, Failure};
use deserr::Deserr;
use domain::subscription::SubscriptionStatus;
use domain::{Actor, Faults, OrganizationId, PartnerId, Subscription, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::SubscriptionView;
use super::contacts::{ContactView, Contacts};
use crate::authority::viewer::VisibleSubscription;
use crate::party::{Names, Party};
use crate::products::ProductName;

/// A subscription with the names that a page shows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRow {
    /// The subscription.
    #[serde(flatten)]
    pub(super) subscription: SubscriptionView,
    /// Name and code of the product. Absent only if the product is not found, such as right after its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductName>,
    /// Organization that the subscription belongs to, with its name.
    organization: Party<OrganizationId>,
    /// Partner that manages the subscription, with its name; absent if no partner does.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// Customers who manage the subscription with their names, at most 20. Removed customers are left out.
    contacts: Vec<ContactView>,
}

impl SubscriptionRow {
    /// Adds to a batch read the items that hold the names in the row of a subscription.
    pub(super) fn want(wanted: &mut BatchGet, one: &Subscription) {
        wanted.add(&ProductById(one.product_id));
        wanted.add(&OrganizationById(one.organization_id));
        one.buyer().partner_id.iter().for_each(|partner| wanted.add(&PartnerById(*partner)));
        Contacts::of(one).want(wanted);
    }

    /// Returns the row of a subscription, by the items that were read.
    pub(super) fn among(
        found: &BatchResult,
        actor: &Actor,
        visible: VisibleSubscription,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let one = &visible.one;
        let partner = one.buyer().partner_id;
        let organization = found.get(&OrganizationById(one.organization_id))?;
        let time_zone = organization.as_ref().map(|one| one.effective_time_zone()).unwrap_or_default();
        let manager = partner.map(|partner| found.get(&PartnerById(partner))).transpose()?.flatten();
        let names = Names::from(manager.into_iter(), organization.into_iter());
        Ok(Self {
            product: ProductName::among(found, one.product_id)?,
            organization: names.organization(one.organization_id),
            partner: partner.map(|partner| names.partner(partner)),
            contacts: Contacts::of(one).among(found)?,
            subscription: SubscriptionView::to(actor, visible, time_zone, now),
        })
    }

    /// Returns the row with these contacts, whose names were read again.
    pub(super) fn with_contacts(self, contacts: Vec<ContactView>) -> Self {
        Self { contacts, ..self }
    }
}

/// Reads the names of subscriptions, and returns their rows.
pub(super) async fn rows(
    context: &Context<'_>,
    actor: &Actor,
    visible: Vec<VisibleSubscription>,
) -> Result<Vec<SubscriptionRow>, Failure> {
    let mut wanted = BatchGet::new();
    visible.iter().for_each(|visible| SubscriptionRow::want(&mut wanted, &visible.one));
    let found = context.table.fetch(wanted, true).await?;
    visible.into_iter().map(|one| SubscriptionRow::among(&found, actor, one, context.now)).collect()
}

/// Status that a subscription must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub(super) enum WantedStatus {
    /// The subscription has started and has not ended, whether or not it is set up or suspended.
    Active,
    /// The subscription runs, but is not set up.
    #[deserr(rename = "pending-set-up")]
    #[schemars(rename = "pending-set-up")]
    PendingSetUp,
    /// The store suspended the subscription.
    Suspended,
    /// The subscription has ended, its order was cancelled, or it was deactivated.
    Inactive,
    /// The subscription has not started yet.
    Upcoming,
}

impl WantedStatus {
    /// Returns whether a subscription has the status.
    pub(super) fn is_of(self, one: &Subscription, now: Timestamp) -> bool {
        use SubscriptionStatus as Status;
        let status = one.status(now);
        match self {
            Self::Active => matches!(status, Status::Active | Status::PendingSetUp | Status::Suspended),
            Self::PendingSetUp => status == Status::PendingSetUp,
            Self::Suspended => status == Status::Suspended,
            Self::Inactive => matches!(status, Status::Inactive | Status::Deactivating),
            Self::Upcoming => status == Status::Upcoming,
        }
    }
}

/// Numbers of subscriptions, by status.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusCounts {
    /// Subscriptions that have started and have not ended; `pendingSetUp` and `suspended` are among them.
    active: usize,
    /// Active subscriptions that are not set up.
    pending_set_up: usize,
    /// Active subscriptions that the store suspended.
    suspended: usize,
    /// Subscriptions that have ended, were cancelled or were deactivated.
    inactive: usize,
    /// Subscriptions that have not started.
    upcoming: usize,
}

impl StatusCounts {
    /// Counts subscriptions.
    pub(super) fn of<'a>(these: impl Iterator<Item = &'a Subscription>, now: Timestamp) -> Self {
        let mut counts = Self::default();
        for one in these {
            for (status, count) in [
                (WantedStatus::Active, &mut counts.active),
                (WantedStatus::PendingSetUp, &mut counts.pending_set_up),
                (WantedStatus::Suspended, &mut counts.suspended),
                (WantedStatus::Inactive, &mut counts.inactive),
                (WantedStatus::Upcoming, &mut counts.upcoming),
            ] {
                *count += usize::from(status.is_of(one, now));
            }
        }
        counts
    }
}
