//! What happens to stores, their messages and orders, and the licenses that these bring.

use super::data::event_data;
use crate::fault::Fault;
use crate::id::{AssignmentId, SourceId};
use crate::text::{LicenseTypeCode, Name, OrderId, StoreAccount};

event_data! {
    /// A webhook source exists.
    WebhookSourceCreated {
        /// Its id.
        source_id: SourceId,
        /// Its name.
        name: Name,
        /// Whether it may name partners.
        may_name_partners: bool,
    }

    /// A webhook source has a new secret; the one before is good for another day.
    WebhookSecretRotated {
        /// Which source.
        source_id: SourceId,
        /// Which of its secrets is in force now.
        secret_version: u32,
    }

    /// No message of a webhook source is taken any more.
    WebhookSourceDisabled {
        /// Which source.
        source_id: SourceId,
    }

    /// A store's account is a partner's.
    StoreLinked {
        /// The store.
        source_id: SourceId,
        /// The account.
        account: StoreAccount,
    }

    /// A pool holds more.
    LicenseCredited {
        /// Of which type.
        license_type: LicenseTypeCode,
        /// How many more.
        quantity: u64,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }

    /// A pool holds less: its order was lowered or cancelled. What was assigned stays so.
    LicenseWithdrawn {
        /// Of which type.
        license_type: LicenseTypeCode,
        /// How many less.
        quantity: u64,
        /// How many more should have been taken back, and were assigned: they stay so.
        missing: u64,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }

    /// A store changed an order.
    OrderChanged {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// The store's number of the change.
        sequence: u64,
    }

    /// A store cancelled an order, for good.
    OrderCancelled {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }

    /// An order came for an account that is nobody's yet.
    OrderParked {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which account.
        account: StoreAccount,
    }

    /// An operator discarded a parked order, for good.
    OrderDiscarded {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which account.
        account: StoreAccount,
    }

    /// Nobody was linked to a parked order's account in time.
    OrderLapsed {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which account.
        account: StoreAccount,
    }

    /// Licenses were handed over.
    LicenseAssigned {
        /// By which assignment.
        assignment_id: AssignmentId,
        /// Of which type.
        license_type: LicenseTypeCode,
        /// How many.
        quantity: u64,
    }

    /// A source sent a message of a type that means nothing here.
    WebhookIgnored {
        /// Who sent it.
        source_id: SourceId,
        /// Which message.
        webhook_id: String,
        /// Of which type, at most 100 characters of it.
        message_type: String,
    }

    /// A source sent a message that could not take effect.
    WebhookRefused {
        /// Who sent it.
        source_id: SourceId,
        /// Which message.
        webhook_id: String,
        /// Why not.
        errors: Vec<Fault>,
    }

    /// A line of an order came to nothing.
    OrderLineIgnored {
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which line, from 0 on, of those of subscriptions.
        line: usize,
        /// Why.
        reason: String,
    }

    /// A change that came before its order is none of it.
    OrderChangeIgnored {
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// The store's number of the change.
        sequence: u64,
        /// Why.
        reason: String,
    }
}
