//! Events of entitlements and their details.

use super::data::event_data;
use crate::author::Author;
use crate::id::{CustomerId, EntitlementId, FieldId, ImportId, ProductId};
use crate::time::Timestamp;

event_data! {
    /// Recorded when an operator or an agent creates an entitlement: in the organization's log, or in the vendor's log
    /// if a customer owns it. An entitlement that a subscription grants is named in `subscription.ordered` instead.
    EntitlementCreated {
        /// Id of the entitlement.
        entitlement_id: EntitlementId,
        /// Product that is owned.
        product_id: ProductId,
        /// Customer who owns the product; absent if an organization does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Time from which the product is owned; RFC 3339, UTC. Absent if it is owned from the creation on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts_at: Option<Timestamp>,
        /// Time at which the ownership ends, exclusive; RFC 3339, UTC. Absent if it has no end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
    }

    /// Recorded when details of an entitlement change, except by an import: in the organization's log, or in the
    /// vendor's log if a customer owns it.
    EntitlementDetailsChanged {
        /// Id of the entitlement.
        entitlement_id: EntitlementId,
        /// Fields whose values changed. A history shows to each reader only the fields that the reader may view.
        changed_fields: Vec<FieldId>,
    }

    /// Recorded when an operator ends an entitlement: in the organization's log, or in the vendor's log if a customer
    /// owns it. Not recorded when an entitlement expires, or ends with its subscription.
    EntitlementEnded {
        /// Id of the entitlement.
        entitlement_id: EntitlementId,
        /// Time at which the entitlement ended, which is its start if it had not started; RFC 3339, UTC. Absent in events
        /// of earlier releases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_at: Option<Timestamp>,
    }

    /// Recorded in the vendor's log when an import of details was interrupted and not resumed within 60 minutes. Some
    /// of its rows may have taken effect.
    DetailsImportAborted {
        /// Id of the import. Entitlements that it changed refer to it.
        import_id: ImportId,
        /// Author of the import.
        by: Author,
        /// Number of rows in the import; 1 to 10,000.
        rows: u64,
    }

    /// Recorded in the vendor's log when an import of details is complete. An import that is refused as a whole is not
    /// recorded.
    DetailsImported {
        /// Id of the import. Entitlements that it changed refer to it.
        import_id: ImportId,
        /// Number of rows in the import; 1 to 10,000.
        rows: u64,
        /// Number of rows that changed an entitlement.
        applied: u64,
        /// Number of rows whose values the entitlement already had.
        unchanged: u64,
        /// Number of rows that were refused.
        refused: u64,
    }
    /// Recorded when an operator changes the start or the end of an entitlement: in the organization's log, or in the
    /// vendor's log if a customer owns it.
    EntitlementUpdated {
        /// Id of the entitlement.
        entitlement_id: EntitlementId,
        /// Time from which the product is owned, after the change; RFC 3339, UTC. Absent if it is owned from the
        /// creation on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts_at: Option<Timestamp>,
        /// Time at which the ownership ends, exclusive, after the change; RFC 3339, UTC. Absent if it has no end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
    }
}
