//! Products that organizations and people can own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{EventKind, NewEvent};
use crate::id::ProductId;
use crate::party::Metadata;
use crate::text::{Description, Name, ProductCode};
use crate::time::Timestamp;

/// Product that organizations and people can own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Id of the product.
    pub id: ProductId,
    /// Name of the product; 1 to 200 characters. It is unique among products; names that differ only in case,
    /// character width or invisible characters count as the same.
    pub name: Name,
    /// Description of the product; 1 to 1,000 characters. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Vendor's own code for the product, by which orders refer to it; 1 to 100 characters, unique among products.
    /// Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ProductCode>,
    /// Time at which the product was archived; RFC 3339, UTC. An archived product gets no new owners; existing
    /// entitlements remain. Absent while the product is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Product {
    /// Returns an event about the product. It concerns the vendor.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_vendor(kind).about(self.metadata)
    }
}
