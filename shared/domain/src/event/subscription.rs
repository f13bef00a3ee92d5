//! Events of subscriptions and sites.

use super::data::event_data;
use crate::id::{CustomerId, EntitlementId, ProductId, SiteId, SourceId, SubscriptionId};
use crate::license::Quantity;
use crate::site_url::SiteUrl;
use crate::text::{Description, Email, ExternalId, OrderId, Plan, ProductCode};
use crate::time::Timestamp;

event_data! {
    /// Recorded when an order creates a subscription: in the organization's log and, if a partner bought it, in the
    /// partner's log.
    SubscriptionOrdered {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Code of the product; 1 to 100 characters.
        sku: ProductCode,
        /// Sold quantity; 1 to 100,000.
        quantity: Quantity,
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Entitlement that the subscription grants to the organization.
        entitlement_id: EntitlementId,
        /// E-mails of the subscription's contacts who had no customer record; at most 5. Absent if there are none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<Email>,
        /// E-mails of those of `contacts` who are contacts of one of the organization's subscriptions for the first
        /// time. Absent if there are none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        first_time_contacts: Vec<Email>,
        /// Product of the subscription and of its entitlement. Absent in events from before this field existed, as are
        /// the fields after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product_id: Option<ProductId>,
        /// Sold plan; 1 to 100 characters. Absent if the subscription has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Plan>,
        /// Start of the subscription; RFC 3339, UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts_at: Option<Timestamp>,
        /// End of the ordered term, exclusive; RFC 3339, UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
        /// Existing subscriptions that it is linked to; at most 100. A link to a later one is in the event of that one.
        /// Absent if there are none, and for partners' members, who may not see all of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        linked: Vec<SubscriptionId>,
        /// Of an app: existing subscriptions in which it is installed; at most 100. Absent as `linked` is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parents: Vec<SubscriptionId>,
        /// Existing apps that are installed in it; at most 100. Absent as `linked` is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        apps: Vec<SubscriptionId>,
        /// Customers who are contacts of the subscription; at most 5. Absent if there are none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        customer_contacts: Vec<CustomerId>,
        /// Those of `customerContacts` who are contacts of one of the organization's subscriptions for the first time.
        /// Absent if there are none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        first_time_customer_contacts: Vec<CustomerId>,
    }

    /// Recorded when a store changes the plan or the quantity of a subscription: in the organization's log, and in the
    /// log of the partner that manages it, if any.
    SubscriptionChanged {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Plan after the change; 1 to 100 characters. Absent if the subscription has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Plan>,
        /// Quantity after the change; 1 to 100,000.
        quantity: Quantity,
    }

    /// Recorded when a store's renewal changes the end of a subscription or the cancellation that counts: in the
    /// organization's log, and in the log of the partner that manages it, if any. It is recorded again if a cancellation
    /// before the renewal is reported after it, and so only the renewal's own end counts.
    SubscriptionRenewed {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// End of the subscription after the renewal, exclusive; RFC 3339, UTC.
        ends_at: Timestamp,
        /// Time of the cancellation that counts after the renewal, according to the store; RFC 3339, UTC. Absent if the
        /// subscription is not cancelled, or no longer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cancelled_at: Option<Timestamp>,
    }

    /// Recorded when a cancellation of its order ends a subscription, or changes the time of the cancellation that counts:
    /// in the organization's log, and in the log of the partner that manages it, if any. The subscription can be renewed.
    SubscriptionCancelled {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Time of the cancellation that counts, according to the store: the first one at or after the last renewal;
        /// RFC 3339, UTC. Absent in events of earlier releases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cancelled_at: Option<Timestamp>,
    }

    /// Recorded when a subscription is transferred to another partner or to another billing account: in the
    /// organization's log, and in the log of the partner that manages it from then on, if any.
    SubscriptionTransferred {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
    }

    /// Recorded when a subscription is transferred away from a partner: in the logs of that partner and the
    /// organization.
    SubscriptionTransferredAway {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
    }

    /// Recorded when a store reports another number of active users of a subscription than before: in the organization's
    /// log, and in the log of the partner that manages it, if any.
    SubscriptionUsageReported {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Number of active users; 0 to 9,007,199,254,740,991.
        active_users: u64,
        /// Number of the report; or its time in milliseconds since 1970, if the store sends `occurredAt` instead of
        /// `sequence`. Absent in events from before this field existed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<u64>,
    }

    /// Recorded when a contact sets up a subscription: in the organization's log, and in the log of the partner that
    /// manages it, if any.
    SubscriptionSetUp {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Site for which it is set up; absent if it is set up for the whole organization.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site_id: Option<SiteId>,
    }

    /// Recorded in the organization's log when a site is created, by setting up a subscription or by migrating one.
    SiteCreated {
        /// Id of the site.
        site_id: SiteId,
        /// Address of the site; at most 500 characters.
        url: SiteUrl,
    }

    /// Recorded when a store moves a subscription to a site on the new platform: in the organization's log, and in the
    /// log of the partner that manages the subscription, if any.
    SiteMigrated {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Site of the subscription after the migration.
        site_id: SiteId,
        /// Address of the site; at most 500 characters.
        url: SiteUrl,
        /// Whether this is the organization's first migration to the new platform.
        first_migration: bool,
    }

    /// Recorded when a customer becomes a contact of an existing subscription: in the organization's log, and in the
    /// log of the partner that manages the subscription, if any.
    SubscriptionContactAdded {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Customer who became a contact.
        customer_id: CustomerId,
        /// Whether the customer is a contact of one of the organization's subscriptions for the first time.
        first_time: bool,
    }

    /// Recorded when a contact of a subscription is removed: in the organization's log, and in the log of the partner
    /// that manages the subscription, if any.
    SubscriptionContactRemoved {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// E-mail of the removed contact; at most 254 bytes. Absent if it had a customer record, or if the person was erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Email>,
        /// Customer record of the removed contact; absent if an order named it without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
    }

    /// Recorded for each subscription that is deactivated irreversibly, by itself or together with another one: in the
    /// organization's log, and in the log of the partner that manages it, if any.
    SubscriptionDeactivated {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Subscription that a person deactivated: this one, or one that this one was deactivated with. Absent if the
        /// reader may not see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<SubscriptionId>,
        /// Reason that the person gave; 1 to 1,000 characters. Absent if none was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
        /// Time of the deactivation; RFC 3339, UTC. It is the same for all that are deactivated together, however many
        /// transactions that takes. Absent in events from before this field existed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }

    /// Recorded when a store's message about a deactivated subscription has no effect: in the organization's log, and
    /// in the log of the partner that manages the subscription, if any.
    SubscriptionMessageIgnored {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Type of the message, such as `subscription.renewed`.
        message_type: String,
        /// Reason why the message is ignored, for people.
        reason: String,
    }

    /// Recorded in the vendor's log when a message about a subscription arrives before its order. It takes effect with
    /// the order.
    SubscriptionMessagePending {
        /// Webhook source that sent the message.
        source_id: SourceId,
        /// The store's id of the subscription; 1 to 100 characters.
        external_id: ExternalId,
        /// Type of the message, such as `subscription.renewed`.
        message_type: String,
    }

    /// Recorded when a store suspends a subscription, or reports another time or reason of its suspension: in the
    /// organization's log, and in the log of the partner that manages it, if any.
    SubscriptionSuspended {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Time of the suspension, according to the store; RFC 3339, UTC.
        suspended_at: Timestamp,
        /// Reason of the suspension; 1 to 1,000 characters. Absent if none was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
    }

    /// Recorded when a store resumes a suspended subscription: in the organization's log, and in the log of the partner
    /// that manages it, if any.
    SubscriptionResumed {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
        /// Time of the resumption, according to the store; RFC 3339, UTC.
        resumed_at: Timestamp,
    }
}
