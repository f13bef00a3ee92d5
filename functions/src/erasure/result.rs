//! The result of an erasure.

use api_runtime::Output;
use domain::erasure::{Erasure, ErasureCounts, RecordIds};
use domain::{OrganizationId, ProductCode, SubscriptionId};
use schemars::JsonSchema;
use serde::Serialize;

use super::texts::WrittenText;
use crate::party::Party;

/// State of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureState {
    /// The call erases the person; only in the preview.
    ToErase,
    /// Everything that was found is erased, or nothing was found.
    Erased,
    /// The scheduled job continues with the rest.
    Erasing,
}

/// A subscription whose last contact is erased.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastContact {
    /// Id of the subscription.
    pub subscription_id: SubscriptionId,
    /// Organization that owns the subscription, with its name.
    pub organization: Party<OrganizationId>,
    /// Code of the product when it was ordered; 1 to 100 characters.
    pub sku: ProductCode,
}

/// The result of an erasure, or its preview with `validateOnly`. It has no e-mail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureResult {
    /// State of the erasure.
    pub state: ErasureState,
    /// Records of the person, which are kept without name and e-mail.
    pub records: RecordIds,
    /// Numbers of the items that the erasure changes, as they were when it began.
    pub counts: ErasureCounts,
    /// In the preview, the organizations whose last contact manager the person is. They have none afterwards. Absent if
    /// there are none, and in the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_contact_manager_of: Vec<Party<OrganizationId>>,
    /// In the preview, the active subscriptions whose last contact the person is. They have none afterwards. Absent if there
    /// are none, and in the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_contact_of: Vec<LastContact>,
    /// In the preview, the texts that the person wrote, and the details that are removed; at most 100. Absent if there are
    /// none, and in the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<WrittenText>,
    /// In the preview, the number of texts that are not listed. Absent if it is 0, and in the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_texts: Option<usize>,
}

impl Output for ErasureResult {}

impl ErasureResult {
    /// Returns the result without the parts that only a preview has.
    pub fn of(state: ErasureState, records: RecordIds, counts: ErasureCounts) -> Self {
        let (last_contact_manager_of, last_contact_of, texts) = (Vec::new(), Vec::new(), Vec::new());
        Self { state, records, counts, last_contact_manager_of, last_contact_of, texts, more_texts: None }
    }

    /// Returns the result of an erasure that is complete.
    pub fn erased(record: &Erasure) -> Self {
        Self::of(ErasureState::Erased, record.records.clone(), record.counts)
    }
}
