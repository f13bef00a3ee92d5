//! Erasure of a person: of name and e-mail everywhere, while the history keeps what the person did.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{CustomerId, MemberId};
use crate::party::Metadata;
use crate::text::Email;
use crate::time::Timestamp;

/// Records of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordIds {
    /// Ids of the customer records, also of those that were removed before. Absent if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub customer_ids: BTreeSet<CustomerId>,
    /// Ids of the member records, also of those that were removed before. Absent if there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub member_ids: BTreeSet<MemberId>,
    /// Subjects (`sub`) of the tokens of an operator or agent. Absent if the person is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub staff_subjects: BTreeSet<String>,
}

impl RecordIds {
    /// Adds the ids of other records. Returns whether one of them is new.
    pub fn extend(&mut self, other: &Self) -> bool {
        let before = self.len();
        self.customer_ids.extend(&other.customer_ids);
        self.member_ids.extend(&other.member_ids);
        self.staff_subjects.extend(other.staff_subjects.iter().cloned());
        self.len() > before
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.customer_ids.len() + self.member_ids.len() + self.staff_subjects.len()
    }

    /// Returns whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Numbers of what an erasure changes, as they were when it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureCounts {
    /// Number of records that lose name and e-mail: customers, members and staff, also those that were removed before.
    pub records: usize,
    /// Number of these records that were not removed, and are removed by the erasure.
    pub removed_records: usize,
    /// Number of individual access grants in force that end.
    pub grants: usize,
    /// Number of access requests that name the person. Pending ones that the person submitted are cancelled; pending ones that
    /// are addressed to it lapse.
    pub access_requests: usize,
    /// Number of subscriptions of which the person is a contact, by a customer record or as an order named it. They lose that
    /// contact.
    pub subscriptions: usize,
    /// Number of orders that wait for their account, and lose the person as a contact.
    pub orders: usize,
    /// Number of service requests that the person submitted, or is a contact of. They are kept.
    pub service_requests: usize,
    /// Number of updates of service requests that the person wrote. They are kept.
    pub updates: usize,
    /// Number of texts that the person wrote. They are kept unless `redactTexts` is `true`.
    #[serde(default)]
    pub texts: usize,
    /// Number of entitlements of the person's own that end.
    pub entitlements: usize,
    /// Number of notification preferences that are removed.
    pub preferences: usize,
}

/// Call that began an erasure: the scheduled job stores its answer if the call was interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureCall {
    /// Partition key of the call's answer.
    pub pk: String,
    /// Sort key of the call's answer.
    pub sk: String,
    /// Digest by which a retry of the call is recognized.
    pub request: String,
}

/// Record of an erasure. It has the e-mail, and exists only until the erasure is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// E-mail of the person.
    pub email: Email,
    /// Time at which the erasure began. A record or mention that the e-mail got later belongs to another person and is left
    /// unchanged.
    pub began_at: Timestamp,
    /// Records that were found.
    pub records: RecordIds,
    /// Numbers of what the erasure changes.
    pub counts: ErasureCounts,
    /// Whether the texts that the person wrote are redacted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacts_texts: bool,
    /// Call whose answer is stored when everything that was found is erased. Absent for a call without an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<ErasureCall>,
    /// Whether everything that was found is erased, so that only the final pass is left, for items that an index did not
    /// show yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_erased: bool,
    /// End of the lease of the call that is at work, or time of the final pass.
    pub resume_at: Timestamp,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Erasure {
    /// Returns the record after a write at `now`.
    pub fn next(&self, now: Timestamp) -> Self {
        Self { metadata: self.metadata.next(now), ..self.clone() }
    }
}
