//! What happens to entitlements and their details.

use super::data::event_data;
use crate::author::Author;
use crate::id::{CustomerId, EntitlementId, FieldId, ImportId, ProductId};

event_data! {
    /// Somebody owns a product.
    EntitlementCreated {
        /// By which entitlement.
        entitlement_id: EntitlementId,
        /// The product.
        product_id: ProductId,
        /// Who, if it is one person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
    }

    /// Details of an entitlement changed.
    EntitlementDetailsChanged {
        /// Of which.
        entitlement_id: EntitlementId,
        /// What the fields say that changed; a reader learns of those only that it may view.
        changed_fields: Vec<FieldId>,
    }

    /// Somebody no longer owns a product.
    EntitlementEnded {
        /// By which entitlement.
        entitlement_id: EntitlementId,
    }

    /// An import was cut off, and nobody has repeated it yet: some of its rows may have changed something.
    DetailsImportAborted {
        /// Which import; what it changed names it.
        import_id: ImportId,
        /// Whose.
        by: Author,
        /// How many rows it had.
        rows: u64,
    }

    /// Details of many entitlements were imported.
    DetailsImported {
        /// By which import; what it changed names it.
        import_id: ImportId,
        /// How many rows it had.
        rows: u64,
        /// How many of them changed something.
        applied: u64,
        /// How many said what was so already.
        unchanged: u64,
        /// How many were refused.
        refused: u64,
    }
}
