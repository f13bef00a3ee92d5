//! What an erasure changes, before it begins.

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, CountOfManagers};
use api_runtime::{Context, Failure};
use domain::erasure::ErasureCounts;
use domain::text::REDACTED;
use domain::value::StoredValue;
use domain::{
    AccessRequestId, EntitlementId, EntitlementStatus, FieldId, OrganizationId, ServiceRequestId, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::records::{field_kinds, personal_fields};
use super::traces::Traces;
use super::{is_before, is_unrecorded};

/// Maximum number of texts that a preview lists.
const MOST_TEXTS: usize = 100;

/// Number of characters to which a listed text is cut.
const LONGEST_TEXT: usize = 200;

/// Kind of a text that a person wrote, or of a value that may say who the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// Subject of a service request.
    Subject,
    /// Description of a service request.
    Description,
    /// Text of an update of a service request.
    Update,
    /// Reason of an access request.
    Reason,
    /// Reason for declining an access request.
    DeclineReason,
    /// Value of a detail field of an entitlement of the person's own. The erasure removes it, also without `redactTexts`.
    Detail,
}

/// Text that a person wrote, or a value that may say who the person is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenText {
    /// Kind of the text.
    kind: TextKind,
    /// Organization of the service request. Absent for other texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
    /// Service request that has the text. Absent for other texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_request_id: Option<ServiceRequestId>,
    /// Number of the update that has the text. Absent for other texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    update_number: Option<u64>,
    /// Access request that has the text. Absent for other texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_request_id: Option<AccessRequestId>,
    /// Entitlement that has the value. Absent for texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    entitlement_id: Option<EntitlementId>,
    /// Detail field of the value. Absent for texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    field_id: Option<FieldId>,
    /// The text, cut to 200 characters.
    text: String,
}

impl WrittenText {
    fn new(kind: TextKind, text: &str) -> Self {
        Self {
            kind,
            organization_id: None,
            service_request_id: None,
            update_number: None,
            access_request_id: None,
            entitlement_id: None,
            field_id: None,
            text: text.chars().take(LONGEST_TEXT).collect(),
        }
    }
}

/// Texts that a person wrote, as far as they are listed.
#[derive(Debug, Default)]
pub struct Texts {
    /// First texts.
    pub listed: Vec<WrittenText>,
    /// Number of the texts after these.
    pub more: usize,
}

impl Traces {
    /// Returns the numbers of what an erasure changes.
    pub fn counts(&self, now: Timestamp) -> ErasureCounts {
        let (customers, members) = (&self.customers, &self.members);
        let removed = customers.iter().filter(|one| one.removed_at.is_none()).count()
            + members.iter().filter(|one| one.removed_at.is_none()).count();
        let ids = self.member_ids();
        let grants = |one: &domain::Access| {
            one.clone().erase(&self.email, &ids, self.until, now).map_or(0, |ended| ended.len())
        };
        let is_named = |one: &&domain::Subscription| {
            one.contacts.iter().any(|contact| contact.email_in_order() == Some(&self.email))
        };
        let is_own = |one: &&domain::Entitlement| {
            one.status(now) != EntitlementStatus::Ended && one.subscription_id.is_none()
        };
        ErasureCounts {
            records: self.record_ids().len(),
            removed_records: removed,
            grants: self.access.iter().map(grants).sum(),
            access_requests: self.requests.len(),
            subscriptions: self.subscriptions.iter().filter(is_named).count(),
            orders: self.orders.len(),
            service_requests: self.service_requests.len(),
            updates: self.updates.len(),
            entitlements: self.entitlements.iter().filter(is_own).count(),
            preferences: self.preferences.len(),
        }
    }

    /// Returns the organizations whose last contact manager the person is.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn managed_alone(&self, context: &Context<'_>) -> Result<Vec<OrganizationId>, Failure> {
        let managers = self.customers.iter().filter(|one| one.manager && one.is_active());
        let organizations: BTreeSet<_> = managers.filter_map(|one| one.organization_id).collect();
        let mut wanted = BatchGet::new();
        organizations.iter().for_each(|one| wanted.add(&CountOfManagers(*one)));
        let found = context.table.fetch(wanted, true).await?;
        let mut alone = Vec::new();
        for organization in organizations {
            let count = found.get(&CountOfManagers(organization))?.map_or(0, |count| count.count);
            alone.extend((count <= 1).then_some(organization));
        }
        Ok(alone)
    }

    /// Returns the texts that the person wrote, and the details that are removed.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn texts(&self, context: &Context<'_>) -> Result<Texts, Failure> {
        let mut all = self.texts_of_service_requests();
        let members = self.member_ids();
        for one in &self.requests {
            let place = |text| WrittenText { access_request_id: Some(one.id), ..text };
            let reason = one.reason.as_ref().filter(|_| one.is_submitted_by(&self.email, &members));
            all.extend(reason.map(|text| place(WrittenText::new(TextKind::Reason, text.as_str()))));
            let declined = one.decline_reason.as_ref().filter(|_| one.contact_manager_email == self.email);
            all.extend(declined.map(|text| place(WrittenText::new(TextKind::DeclineReason, text.as_str()))));
        }
        all.retain(|one| one.text != REDACTED);
        let fields = if self.entitlements.is_empty() { Vec::new() } else { field_kinds(context).await? };
        for one in &self.entitlements {
            for field in personal_fields(one, &fields) {
                let place =
                    |text| WrittenText { entitlement_id: Some(one.id), field_id: Some(field), ..text };
                let texts = one.details.of(field).iter().filter_map(|value| match value {
                    StoredValue::Text(text) => Some(place(WrittenText::new(TextKind::Detail, text))),
                    StoredValue::Bool(_) | StoredValue::Option(_) => None,
                });
                all.extend(texts);
            }
        }
        let more = all.len().saturating_sub(MOST_TEXTS);
        all.truncate(MOST_TEXTS);
        Ok(Texts { listed: all, more })
    }

    fn texts_of_service_requests(&self) -> Vec<WrittenText> {
        let mut all = Vec::new();
        let is_own = |one: &&domain::ServiceRequest| self.is(&one.submitted_by, one.metadata.created_at);
        for one in self.service_requests.iter().filter(is_own) {
            let (organization_id, service_request_id) = (Some(one.organization_id), Some(one.id));
            for (kind, text) in [
                (TextKind::Subject, one.subject.to_string()),
                (TextKind::Description, one.description.to_string()),
            ] {
                all.push(WrittenText {
                    organization_id,
                    service_request_id,
                    ..WrittenText::new(kind, &text)
                });
            }
        }
        for one in &self.updates {
            let text = one.text.as_ref().map(|text| WrittenText {
                service_request_id: Some(one.service_request_id),
                update_number: Some(one.number),
                ..WrittenText::new(TextKind::Update, &text.to_string())
            });
            all.extend(text);
        }
        all
    }

    /// Returns whether an erasure has nothing to do. Items that only find others are left to the last look of an erasure
    /// that `is_begun`.
    pub fn is_empty(&self, counts: &ErasureCounts, is_begun: bool) -> bool {
        let is_named = self.access.iter().any(|one| one.names(&self.email));
        let is_updated = self.updates.iter().any(|one| {
            one.by.person.as_ref().is_some_and(|by| is_unrecorded(by, &self.email))
                && is_before(one.created_at, self.until)
        });
        let finders = !self.histories.is_empty() || !self.mentions.is_empty();
        *counts == ErasureCounts::default() && !is_named && !is_updated && (is_begun || !finders)
    }
}
