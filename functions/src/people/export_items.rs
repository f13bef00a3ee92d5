//! Items of the export of a person: everything that is stored about it, except for events.

use std::collections::BTreeSet;

use api_runtime::table::{ContactHistory, GranteeMention};
use domain::Metadata;
use domain::event::{AccessGranted, EventType, SubscriptionDeactivated};
use domain::service_request::{NotificationPreference, ServiceRequestUpdate, UpdateText};
use domain::subscription::ContactPerson;
use domain::{
    Access, AccessRequest, AccessRequestId, AuthorKind, Description, Event, EventId, EventKind, Grant,
    GrantId, GrantState, Language, Level, Name, Order, OrderId, OrganizationId, PartnerId, ProductId,
    RequestState, ServiceRequest, ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, SourceId,
    StaffRecord, Subscription, SubscriptionId, TimeZone, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::erasure::traces::Traces;

/// Record of an operator or agent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedStaff {
    /// Subject (`sub`) of the token: 1 to 255 characters.
    subject: String,
    /// Name that the person set; 1 to 200 characters. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Kind of the person: `operator` or `agent`.
    kind: AuthorKind,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
    /// Times of creation and of the last change, and the version.
    #[serde(flatten)]
    metadata: Metadata,
}

/// A subscription of which the person is, or was, a contact.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedSubscription {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Organization that owns the subscription.
    organization_id: OrganizationId,
    /// Product of the subscription.
    product_id: ProductId,
    /// Name that an order gave to the person; 1 to 200 characters. Absent if a customer record has the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Time at which the person became a contact; RFC 3339, UTC.
    since: Timestamp,
}

/// A service request that the person submitted, or is a contact of.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedServiceRequest {
    /// Id of the service request.
    id: ServiceRequestId,
    /// Organization that the service request belongs to.
    organization_id: OrganizationId,
    /// Whether the person submitted the service request.
    submitted: bool,
    /// Subject; 1 to 200 characters. Absent if somebody else submitted the service request.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Name>,
    /// Description; 1 to 32,768 bytes of UTF-8. Absent if somebody else submitted the service request.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<UpdateText>,
    /// Kind of the service request.
    kind: ServiceRequestKind,
    /// Status of the service request.
    status: ServiceRequestStatus,
    /// Time of the submission; RFC 3339, UTC.
    created_at: Timestamp,
}

/// An update of a service request that the person wrote.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedUpdate {
    /// Service request that was updated.
    service_request_id: ServiceRequestId,
    /// Organization that the service request belongs to. Absent if the update was written before it was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
    /// Number of the update, from 1 on.
    number: u64,
    /// Text of the update; 1 to 32,768 bytes of UTF-8. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<UpdateText>,
    /// Status that the update set. Absent if it set none.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ServiceRequestStatus>,
    /// Time of the update; RFC 3339, UTC.
    created_at: Timestamp,
}

/// An access request that names the person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAccessRequest {
    /// Id of the access request.
    id: AccessRequestId,
    /// Partner that requests access.
    partner_id: PartnerId,
    /// Whether the person submitted the request.
    submitted: bool,
    /// Whether the request is addressed to the person.
    addressed: bool,
    /// Reason for the request; 1 to 1,000 characters. Absent if none was given, or if the person did not submit the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Description>,
    /// Reason for which the request was declined; 1 to 1,000 characters. Absent if none was given, or if the request is not
    /// addressed to the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_reason: Option<Description>,
    /// State of the request.
    state: RequestState,
    /// Time of the submission; RFC 3339, UTC.
    created_at: Timestamp,
}

/// An individual access grant to the person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedGrant {
    /// Id of the grant.
    id: GrantId,
    /// Organization in which access was granted.
    organization_id: OrganizationId,
    /// Partner whose member the person is as far as the grant is concerned.
    partner_id: PartnerId,
    /// Access level.
    level: Level,
    /// State of the grant.
    state: GrantState,
    /// Time at which the grant was given; RFC 3339, UTC.
    created_at: Timestamp,
    /// Time from which the grant is no longer active; RFC 3339, UTC.
    expires_at: Timestamp,
}

/// A notification preference of the person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedPreference {
    /// Organization whose service requests the preference is about.
    organization_id: OrganizationId,
    /// Whether the person wants mail about each service request that is submitted.
    on_submitted: bool,
}

/// History of the person as a contact of an organization's subscriptions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedContactHistory {
    /// Organization that the subscriptions belong to.
    organization_id: OrganizationId,
    /// Whether the person is, or was, a contact of a subscription.
    was_contact: bool,
    /// Time at which the person was last removed as a customer of the organization, or moved out of it; RFC 3339, UTC. Absent
    /// if neither happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<Timestamp>,
    /// Whether the customer with this e-mail is disabled.
    disabled: bool,
}

/// Mention of the person's e-mail by a grant that names no member.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedMention {
    /// Organization in which access was granted.
    organization_id: OrganizationId,
    /// Partner to which access was granted.
    partner_id: PartnerId,
}

/// An order that waits for its account and names the person as a contact.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedOrder {
    /// Webhook source that sent the order.
    source_id: SourceId,
    /// The store's number of the order; 1 to 100 characters.
    order_id: OrderId,
    /// Names that the order gives to the person; 1 to 200 characters each.
    names: BTreeSet<Name>,
    /// Time of the arrival; RFC 3339, UTC.
    created_at: Timestamp,
}

/// An event that the person caused, without data other than a reason.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedEvent {
    /// Id of the event.
    id: EventId,
    /// Time of the event; RFC 3339, UTC.
    time: Timestamp,
    /// Type of the event.
    #[serde(rename = "type")]
    event_type: EventType,
    /// Partner that the event concerns. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<PartnerId>,
    /// Organization that the event concerns. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
    /// Reason that the person gave for a grant or for the deactivation of a subscription; 1 to 1,000 characters. Absent if it
    /// gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Description>,
}

impl From<StaffRecord> for ExportedStaff {
    fn from(one: StaffRecord) -> Self {
        let StaffRecord { subject, name, kind, language, time_zone, metadata, .. } = one;
        Self { subject, name, kind, language, time_zone, metadata }
    }
}

impl ExportedSubscription {
    /// Returns a subscription with the entry of the person among its contacts; `None` if there is no entry.
    pub(super) fn of(traces: &Traces, one: &Subscription) -> Option<Self> {
        let is_own = |record| traces.customers.iter().any(|customer| Some(customer.id) == record);
        let contact = one.contacts.iter().find(|contact| {
            is_own(contact.customer_id()) || contact.email_in_order() == Some(&traces.email)
        })?;
        let name = match &contact.person {
            ContactPerson::NamedByOrder { name, .. } => Some(name.clone()),
            ContactPerson::Customer { .. } => None,
        };
        let (organization_id, product_id) = (one.organization_id, one.product_id);
        Some(Self { id: one.id, organization_id, product_id, name, since: contact.since })
    }
}

impl ExportedServiceRequest {
    /// Returns a service request; its texts only if the person submitted it.
    pub(super) fn of(traces: &Traces, one: &ServiceRequest) -> Self {
        let submitted = traces.is(&one.submitted_by, one.metadata.created_at);
        Self {
            id: one.id,
            organization_id: one.organization_id,
            submitted,
            subject: submitted.then(|| one.subject.clone()),
            description: submitted.then(|| one.description.clone()),
            kind: one.kind,
            status: one.status,
            created_at: one.metadata.created_at,
        }
    }
}

impl From<ServiceRequestUpdate> for ExportedUpdate {
    fn from(one: ServiceRequestUpdate) -> Self {
        Self {
            service_request_id: one.service_request_id,
            organization_id: one.organization_id,
            number: one.number,
            text: one.text,
            status: one.status,
            created_at: one.created_at,
        }
    }
}

impl ExportedAccessRequest {
    /// Returns an access request; each reason only if the person gave it.
    pub(super) fn of(traces: &Traces, one: AccessRequest, now: Timestamp) -> Self {
        let one = one.at(now);
        let submitted = one.is_submitted_by(&traces.email, &traces.member_ids());
        let addressed = one.contact_manager_email == traces.email;
        Self {
            id: one.id,
            partner_id: one.partner_id,
            submitted,
            addressed,
            reason: one.reason.filter(|_| submitted),
            decline_reason: one.decline_reason.filter(|_| addressed),
            state: one.state,
            created_at: one.metadata.created_at,
        }
    }
}

impl ExportedGrant {
    /// Returns the individual grants to the person.
    pub(super) fn all(traces: &Traces, access: &Access, now: Timestamp) -> Vec<Self> {
        let members = traces.member_ids();
        let is_own = |grant: &&Grant| {
            grant.individual.as_ref().is_some_and(|one| {
                one.email == traces.email || one.member_id().is_some_and(|id| members.contains(&id))
            })
        };
        let exported = |grant: &Grant| Self {
            id: grant.id,
            organization_id: access.organization_id,
            partner_id: access.partner_id,
            level: grant.level,
            state: grant.state(now),
            created_at: grant.created_at,
            expires_at: grant.expires_at,
        };
        access.grants.iter().filter(is_own).map(exported).collect()
    }

    /// Returns the id of the grant.
    pub(super) fn id(&self) -> GrantId {
        self.id
    }
}

impl From<NotificationPreference> for ExportedPreference {
    fn from(one: NotificationPreference) -> Self {
        Self { organization_id: one.organization_id, on_submitted: one.on_submitted }
    }
}

impl From<ContactHistory> for ExportedContactHistory {
    fn from(one: ContactHistory) -> Self {
        let ContactHistory { organization_id, was_contact, removed_at, disabled, .. } = one;
        Self { organization_id, was_contact, removed_at, disabled }
    }
}

impl From<GranteeMention> for ExportedMention {
    fn from(GranteeMention { organization_id, partner_id, .. }: GranteeMention) -> Self {
        Self { organization_id, partner_id }
    }
}

impl ExportedOrder {
    /// Returns an order with the names that it gives to the person.
    pub(super) fn of(traces: &Traces, one: &Order) -> Self {
        let lines = one.subscriptions.iter().chain(&one.changed);
        let contacts = lines.flat_map(|ordered| &ordered.line.contacts);
        let own = contacts.filter(|contact| contact.email == traces.email);
        Self {
            source_id: one.source_id,
            order_id: one.order_id.clone(),
            names: own.map(|contact| contact.name.clone()).collect(),
            created_at: one.metadata.created_at,
        }
    }
}

impl From<Event> for ExportedEvent {
    fn from(event: Event) -> Self {
        let Event { id, time, partner_id, organization_id, kind, .. } = event;
        let event_type = kind.event_type();
        let reason = match kind {
            EventKind::AccessGranted(AccessGranted { reason, .. })
            | EventKind::SubscriptionDeactivated(SubscriptionDeactivated { reason, .. }) => reason,
            _ => None,
        };
        Self { id, time, event_type, partner_id, organization_id, reason }
    }
}
