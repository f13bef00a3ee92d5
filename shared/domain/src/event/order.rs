//! Events of stores, their messages and orders, and of licenses.

use super::data::event_data;
use crate::fault::Fault;
use crate::id::{AssignmentId, SourceId};
use crate::text::{LicenseTypeCode, Name, OrderId, StoreAccount};
use crate::time::Timestamp;

event_data! {
    /// Recorded in the vendor's log when a webhook source is created.
    WebhookSourceCreated {
        /// Id of the webhook source.
        source_id: SourceId,
        /// Name of the webhook source; 1 to 200 characters.
        name: Name,
        /// Whether messages of the source may name any partner.
        may_name_partners: bool,
    }

    /// Recorded in the vendor's log when the secret of a webhook source is rotated. The replaced secret stays valid for
    /// 24 hours.
    WebhookSecretRotated {
        /// Id of the webhook source.
        source_id: SourceId,
        /// Number of the new secret; the first secret of a source has number 1.
        secret_version: u32,
    }

    /// Recorded in the vendor's log when a webhook source is disabled irreversibly: its messages are rejected from then
    /// on.
    WebhookSourceDisabled {
        /// Id of the webhook source.
        source_id: SourceId,
    }

    /// Recorded in the partner's log when an account at a store is linked to the partner, also by
    /// its restoration. Only its deactivation ends the link.
    StoreLinked {
        /// Webhook source of the store.
        source_id: SourceId,
        /// Account at the store; 1 to 100 characters.
        account: StoreAccount,
    }

    /// Recorded in the partner's log when its account at a store is no longer linked to it, because the partner is
    /// deactivated. Later orders of the account are parked.
    StoreUnlinked {
        /// Webhook source of the store.
        source_id: SourceId,
        /// Account at the store; 1 to 100 characters.
        account: StoreAccount,
    }

    /// Recorded in the partner's log when an order, or a change of it, adds licenses to one of the partner's pools.
    LicenseCredited {
        /// Code of the license type.
        license_type: LicenseTypeCode,
        /// Number of licenses that were added; at least 1.
        quantity: u64,
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
    }

    /// Recorded in the partner's log when an order is lowered or cancelled, and licenses are withdrawn from one of the
    /// partner's pools. Assigned licenses stay assigned.
    LicenseWithdrawn {
        /// Code of the license type.
        license_type: LicenseTypeCode,
        /// Number of licenses that were withdrawn; 0 if none was available.
        quantity: u64,
        /// Number of licenses that should have been withdrawn, too, but were assigned; they stay assigned.
        missing: u64,
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
    }

    /// Recorded when a store changes an order and something of it changes: in the log of the partner that bought it; in
    /// the vendor's log if no partner is known, or if the order has no licenses and all its subscriptions belong to
    /// another partner by now.
    OrderChanged {
        /// Webhook source that sent the change.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Number of the change; or its time in milliseconds since 1970, if the store sends `occurredAt` instead of
        /// `sequence`.
        sequence: u64,
    }

    /// Recorded when a store cancels an order, which is irreversible, and again if it reports an earlier cancellation: in
    /// the log of the partner that bought it; in the vendor's log if no partner is known, or if the order has no
    /// licenses and all its subscriptions belong to another partner by now.
    OrderCancelled {
        /// Webhook source that sent the cancellation.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Time of the first cancellation, according to the store; RFC 3339, UTC. Absent in events of earlier releases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cancelled_at: Option<Timestamp>,
    }

    /// Recorded in the vendor's log when an order arrives for an account that is not linked to a partner yet.
    OrderParked {
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Buyer's account at the store; 1 to 100 characters.
        account: StoreAccount,
    }

    /// Recorded in the vendor's log when an operator discards a parked order irreversibly.
    OrderDiscarded {
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Buyer's account at the store; 1 to 100 characters.
        account: StoreAccount,
    }

    /// Recorded in the vendor's log when a parked order lapses, because its account was not linked to a partner within
    /// 180 days.
    OrderLapsed {
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Buyer's account at the store; 1 to 100 characters.
        account: StoreAccount,
    }

    /// Recorded in the logs of the partner and the organization for each license type of an assignment, when a partner
    /// assigns licenses to an organization.
    LicenseAssigned {
        /// Id of the assignment.
        assignment_id: AssignmentId,
        /// Code of the license type.
        license_type: LicenseTypeCode,
        /// Number of licenses that were assigned; 1 to 100,000.
        quantity: u64,
    }

    /// Recorded in the vendor's log when a webhook source sends a message of an unknown type.
    WebhookIgnored {
        /// Webhook source that sent the message.
        source_id: SourceId,
        /// The message's `webhook-id`; 1 to 255 bytes.
        webhook_id: String,
        /// Type of the message; its first 100 characters, without invisible ones.
        message_type: String,
    }

    /// Recorded in the vendor's log, once per message, when a message of a webhook source is refused; and once per
    /// `webhook-id` when another message is sent under the id of one that took effect.
    WebhookRefused {
        /// Webhook source that sent the message.
        source_id: SourceId,
        /// The message's `webhook-id`; 1 to 255 bytes.
        webhook_id: String,
        /// Faults of the message; the first 50.
        errors: Vec<Fault>,
    }

    /// Recorded when a subscription line of an order has no effect, and when a change of such a line has none: in the log
    /// of the partner that bought the order, or in the vendor's log if an organization did.
    OrderLineIgnored {
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Index of the line among the order's subscription lines, from 0.
        line: usize,
        /// Reason why the line has no effect, for people.
        reason: String,
    }

    /// Recorded in the vendor's log when an order arrives and an earlier change of it is ignored because it names other
    /// lines, and when a change has no effect because what it changes was deactivated, ignored or cancelled.
    OrderChangeIgnored {
        /// Webhook source that sent the order.
        source_id: SourceId,
        /// The store's number of the order; 1 to 100 characters.
        order_id: OrderId,
        /// Number of the change; or its time in milliseconds since 1970, if the store sends `occurredAt` instead of
        /// `sequence`.
        sequence: u64,
        /// Reason why the change is ignored, for people.
        reason: String,
    }
    /// Recorded in the partner's log when an assignment or a withdrawal leaves fewer licenses in a pool than its
    /// threshold. Recorded again only after at least as many licenses as the threshold were available.
    PoolLow {
        /// Code of the license type.
        license_type: LicenseTypeCode,
        /// Number of licenses that can still be assigned.
        available: u64,
        /// Threshold of the pool; 1 to 1,000,000.
        threshold: u64,
    }

    /// Recorded in the partner's log when the threshold of one of its pools is set, changed or removed.
    PoolThresholdSet {
        /// Code of the license type.
        license_type: LicenseTypeCode,
        /// Number of available licenses below which the pool is low from now on; 1 to 1,000,000. Absent if the
        /// threshold was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threshold: Option<u64>,
    }
}
