//! Products: what can be owned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::ProductId;
use crate::party::Metadata;
use crate::text::{Description, Name, ProductCode};
use crate::time::Timestamp;

/// Something that can be owned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// What people call it; unique among products but for case, width and the like.
    pub name: Name,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The vendor's own code for it, by which orders name it; unique among products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ProductCode>,
    /// Since when nothing new of it can be owned. What is owned already stays so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}
