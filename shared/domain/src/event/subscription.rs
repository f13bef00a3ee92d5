//! What happens to subscriptions and sites.

use super::data::event_data;
use crate::id::{CustomerId, EntitlementId, SiteId, SourceId, SubscriptionId};
use crate::license::Quantity;
use crate::site_url::SiteUrl;
use crate::text::{Description, Email, ExternalId, OrderId, Plan, ProductCode};
use crate::time::Timestamp;

event_data! {
    /// An organization subscribed to something.
    SubscriptionOrdered {
        /// Which subscription.
        subscription_id: SubscriptionId,
        /// The product's code.
        sku: ProductCode,
        /// For how many.
        quantity: Quantity,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// The entitlement that it gives.
        entitlement_id: EntitlementId,
        /// The e-mails of its contacts.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<Email>,
        /// Those of them who are a contact of the organization's subscriptions for the first time.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        first_time_contacts: Vec<Email>,
    }

    /// A subscription is sold as something else, or for more or fewer.
    SubscriptionChanged {
        /// Which.
        subscription_id: SubscriptionId,
        /// As what now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Plan>,
        /// For how many now.
        quantity: Quantity,
    }

    /// A subscription runs longer.
    SubscriptionRenewed {
        /// Which.
        subscription_id: SubscriptionId,
        /// Until when, not included.
        ends_at: Timestamp,
    }

    /// The order of a subscription was cancelled.
    SubscriptionCancelled {
        /// Which.
        subscription_id: SubscriptionId,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }

    /// A subscription was transferred to a partner, or to another billing account of it.
    SubscriptionTransferred {
        /// Which.
        subscription_id: SubscriptionId,
    }

    /// A subscription was transferred away from a partner.
    SubscriptionTransferredAway {
        /// Which.
        subscription_id: SubscriptionId,
    }

    /// It is known how many use a subscription.
    SubscriptionUsageReported {
        /// Which.
        subscription_id: SubscriptionId,
        /// How many.
        active_users: u64,
    }

    /// Somebody said where a subscription is used.
    SubscriptionSetUp {
        /// Which.
        subscription_id: SubscriptionId,
        /// On which site; none if in the whole organization.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site_id: Option<SiteId>,
    }

    /// An organization has a site more.
    SiteCreated {
        /// Which.
        site_id: SiteId,
        /// Its address.
        url: SiteUrl,
    }

    /// A subscription was moved to a site on a new platform.
    SiteMigrated {
        /// Which subscription.
        subscription_id: SubscriptionId,
        /// To which site.
        site_id: SiteId,
        /// The site's address.
        url: SiteUrl,
        /// Whether it is the organization's first site there.
        first: bool,
    }

    /// Somebody is a contact of a subscription.
    SubscriptionContactAdded {
        /// Of which.
        subscription_id: SubscriptionId,
        /// Who.
        customer_id: CustomerId,
        /// Whether for the first time of any of the organization's subscriptions.
        first: bool,
    }

    /// Somebody is no contact of a subscription any more.
    SubscriptionContactRemoved {
        /// Of which.
        subscription_id: SubscriptionId,
        /// The e-mail.
        email: Email,
        /// Who, if on record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
    }

    /// A subscription was deactivated, for good.
    SubscriptionDeactivated {
        /// Which.
        subscription_id: SubscriptionId,
        /// The one with which it went down; absent if the reader does not see that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<SubscriptionId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
    }

    /// A message about a subscription has no effect any more.
    SubscriptionMessageIgnored {
        /// Which.
        subscription_id: SubscriptionId,
        /// Of which type the message was.
        message_type: String,
        /// Why.
        reason: String,
    }

    /// A message about a subscription that is not known yet is kept until its order comes.
    SubscriptionMessagePending {
        /// Who sent it.
        source_id: SourceId,
        /// What it calls the subscription.
        external_id: ExternalId,
        /// Of which type the message was.
        message_type: String,
    }
}
