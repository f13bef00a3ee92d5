//! Texts that a person wrote, and values that may say who the person is.

use std::collections::BTreeMap;

use api_runtime::table::{ServiceRequestScope, ServiceRequests};
use api_runtime::{Context, Failure};
use domain::event::{AccessGranted, SubscriptionDeactivated};
use domain::service_request::{Month, ServiceRequestFilter};
use domain::text::REDACTED;
use domain::value::StoredValue;
use domain::{
    AccessRequestId, Entitlement, EntitlementId, EventKind, FieldId, GrantId, OrganizationId, Owner, Period,
    ServiceRequestId, SubscriptionId,
};
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::listed::ListedTraces;
use super::records::{field_kinds, personal_fields};
use super::traces::Traces;

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
    /// Reason for a grant without a request, in the history.
    GrantReason,
    /// Reason for deactivating a subscription, at the subscription and in the history.
    DeactivationReason,
    /// Value of a detail field: of an entitlement of the person's own, or the person's e-mail in an entitlement of its
    /// organization. The erasure removes it, also without `redactTexts`.
    Detail,
}

/// Text that a person wrote, or a value that may say who the person is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenText {
    /// Kind of the text.
    kind: TextKind,
    /// Organization of the service request, grant, subscription or entitlement. Absent for texts of access requests, and for
    /// details of the person's own entitlements.
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
    /// Grant that was given for the reason. Absent for other texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_id: Option<GrantId>,
    /// Subscription that was deactivated for the reason. Absent for other texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<SubscriptionId>,
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
            grant_id: None,
            subscription_id: None,
            entitlement_id: None,
            field_id: None,
            text: text.chars().take(LONGEST_TEXT).collect(),
        }
    }
}

/// Texts that a person wrote, and the details that are removed.
#[derive(Debug, Default)]
pub struct Texts {
    /// Texts that the person wrote, without the ones that are redacted already.
    written: Vec<WrittenText>,
    /// Details that are removed.
    details: Vec<WrittenText>,
}

impl Texts {
    /// Reads the texts of a person.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn of(context: &Context<'_>, traces: &Traces, listed: &ListedTraces) -> Result<Self, Failure> {
        let mut written = of_service_requests(traces);
        written.extend(of_access_requests(traces));
        written.extend(of_history(listed));
        written.retain(|one| one.text != REDACTED);
        let fields = if traces.entitlements.is_empty() { Vec::new() } else { field_kinds(context).await? };
        let own = traces.entitlements.iter().map(|one| (one, personal_fields(one, &fields)));
        let email = traces.email.folded();
        let others = listed.entitlements.iter().map(|one| (one, one.details.fields_with(email)));
        let details = own.chain(others).flat_map(|(one, fields)| details(one, fields)).collect();
        Ok(Self { written, details })
    }

    /// Returns the number of texts that the person wrote.
    pub fn written(&self) -> usize {
        self.written.len()
    }

    /// Returns the first texts, with the organizations of the service requests, and the number of the texts after these.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn listed(self, context: &Context<'_>) -> Result<(Vec<WrittenText>, usize), Failure> {
        let mut all = self.written;
        all.extend(self.details);
        let more = all.len().saturating_sub(MOST_TEXTS);
        all.truncate(MOST_TEXTS);
        let missing = |one: &WrittenText| one.service_request_id.filter(|_| one.organization_id.is_none());
        let organizations = organizations(context, all.iter().filter_map(missing)).await?;
        for one in &mut all {
            let found = missing(one).and_then(|request| organizations.get(&request).copied());
            one.organization_id = one.organization_id.or(found);
        }
        Ok((all, more))
    }
}

/// Finds the organizations of service requests by the months in which these were submitted.
async fn organizations(
    context: &Context<'_>,
    requests: impl Iterator<Item = ServiceRequestId>,
) -> Result<BTreeMap<ServiceRequestId, OrganizationId>, Failure> {
    let mut ids: Vec<ServiceRequestId> = requests.collect();
    ids.sort_unstable();
    ids.dedup();
    let lists = ids.into_iter().map(|id| async move {
        let time = id.created_time();
        let (from, to) = (Some(time), Some(time.after(Period::minutes(1))));
        let selection = ServiceRequestFilter { kind: None, status: None, from, to };
        let among = ServiceRequestScope::Month(Month::of(time));
        context.table.list(&ServiceRequests { among, selection }, false).await
    });
    let listed = try_join_all(lists).await?.into_iter().flatten();
    Ok(listed.map(|one| (one.id, one.organization_id)).collect())
}

fn of_service_requests(traces: &Traces) -> Vec<WrittenText> {
    let mut all = Vec::new();
    let is_own = |one: &&domain::ServiceRequest| traces.is(&one.submitted_by, one.metadata.created_at);
    for one in traces.service_requests.iter().filter(is_own) {
        let (organization_id, service_request_id) = (Some(one.organization_id), Some(one.id));
        for (kind, text) in [
            (TextKind::Subject, one.subject.to_string()),
            (TextKind::Description, one.description.to_string()),
        ] {
            all.push(WrittenText { organization_id, service_request_id, ..WrittenText::new(kind, &text) });
        }
    }
    for one in &traces.updates {
        let request = traces.service_requests.iter().find(|request| request.id == one.service_request_id);
        let text = one.text.as_ref().map(|text| WrittenText {
            organization_id: request.map(|request| request.organization_id),
            service_request_id: Some(one.service_request_id),
            update_number: Some(one.number),
            ..WrittenText::new(TextKind::Update, &text.to_string())
        });
        all.extend(text);
    }
    all
}

fn of_access_requests(traces: &Traces) -> Vec<WrittenText> {
    let (mut all, members) = (Vec::new(), traces.member_ids());
    for one in &traces.requests {
        let place = |text| WrittenText { access_request_id: Some(one.id), ..text };
        let reason = one.reason.as_ref().filter(|_| one.is_submitted_by(&traces.email, &members));
        all.extend(reason.map(|text| place(WrittenText::new(TextKind::Reason, text.as_str()))));
        let declined = one.decline_reason.as_ref().filter(|_| one.contact_manager_email == traces.email);
        all.extend(declined.map(|text| place(WrittenText::new(TextKind::DeclineReason, text.as_str()))));
    }
    all
}

/// Returns the reasons in the history: of a deactivation of several subscriptions once.
fn of_history(listed: &ListedTraces) -> Vec<WrittenText> {
    let texts = listed.events.iter().filter_map(|event| {
        let organization_id = event.organization_id;
        match &event.kind {
            EventKind::AccessGranted(AccessGranted { grant_id, reason: Some(reason), .. }) => {
                let text = WrittenText::new(TextKind::GrantReason, reason.as_str());
                Some(WrittenText { organization_id, grant_id: Some(*grant_id), ..text })
            }
            EventKind::SubscriptionDeactivated(SubscriptionDeactivated {
                subscription_id,
                cause,
                reason: Some(reason),
                ..
            }) if *cause == Some(*subscription_id) => {
                let text = WrittenText::new(TextKind::DeactivationReason, reason.as_str());
                Some(WrittenText { organization_id, subscription_id: Some(*subscription_id), ..text })
            }
            _ => None,
        }
    });
    texts.collect()
}

fn details(one: &Entitlement, fields: Vec<FieldId>) -> Vec<WrittenText> {
    let organization_id = match one.owner {
        Owner::Organization(organization) => Some(organization),
        Owner::Customer(_) => None,
    };
    let mut all = Vec::new();
    for field in fields {
        let texts = one.details.of(field).iter().filter_map(|value| match value {
            StoredValue::Text(text) => Some(WrittenText {
                organization_id,
                entitlement_id: Some(one.id),
                field_id: Some(field),
                ..WrittenText::new(TextKind::Detail, text)
            }),
            StoredValue::Bool(_) | StoredValue::Option(_) => None,
        });
        all.extend(texts);
    }
    all
}
