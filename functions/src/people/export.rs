//! All that is stored about a person, as it is exported.

use std::collections::BTreeSet;

use api_runtime::table::{History, PageQuery};
use api_runtime::{Context, Failure, Output};
use domain::erasure::RecordIds;
use domain::event::EventType;
use domain::service_request::UpdateText;
use domain::{
    AccessRequestId, Actor, Customer, Description, Email, Event, EventId, GrantId, GrantState, Level,
    LogScope, Member, Metadata, Name, OrganizationId, PartnerId, PersonRef, ProductId, RequestState,
    ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, StaffRecord, SubscriptionId, Timestamp,
};
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;

use crate::entitlements::{EntitlementView, read_fields};
use crate::erasure::traces::Traces;

/// Number of events of a log that are read, the newest first.
const MOST_EVENTS: usize = 1000;

/// All that is stored about a person.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonExport {
    /// E-mail of the person; at most 254 bytes.
    email: Email,
    /// Time of the export; RFC 3339, UTC.
    exported_at: Timestamp,
    /// Customer records, also removed ones. The external id and the creator are shown only to the vendor's staff.
    customers: Vec<Customer>,
    /// Member records, also removed ones.
    members: Vec<Member>,
    /// Records of the person as an operator or agent.
    staff: Vec<ExportedStaff>,
    /// Entitlements of the person's own, with the details that the caller may view.
    entitlements: Vec<EntitlementView>,
    /// Subscriptions of which the person is, or was, a contact.
    subscriptions: Vec<ExportedSubscription>,
    /// Service requests that the person submitted, or is a contact of.
    service_requests: Vec<ExportedServiceRequest>,
    /// Updates of service requests that the person wrote.
    updates: Vec<ExportedUpdate>,
    /// Access requests that name the person.
    access_requests: Vec<ExportedAccessRequest>,
    /// Individual access grants to the person: the active ones and the last that ended.
    grants: Vec<ExportedGrant>,
    /// Notification preferences.
    preferences: Vec<ExportedPreference>,
    /// Changes that the person made, the newest first, as the logs of its parties have them; those of an operator or agent
    /// as the vendor's log has them.
    events: Vec<ExportedEvent>,
    /// Whether a log has more events than the newest 1,000, in which the person's were looked for.
    truncated: bool,
}

impl Output for PersonExport {}

/// Record of an operator or agent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedStaff {
    /// Subject (`sub`) of the token: 1 to 255 characters.
    subject: String,
    /// Name that the person set; 1 to 200 characters. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
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

/// An event that the person caused, without its data.
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
}

impl PersonExport {
    /// Reads all that is stored about the person with an e-mail, as far as the caller may see it.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub(super) async fn read(context: &Context<'_>, actor: &Actor, email: &Email) -> Result<Self, Failure> {
        let traces = Box::pin(Traces::of(context, email, context.now, &RecordIds::default())).await?;
        let ((events, truncated), fields) =
            tokio::try_join!(events_by(context, &traces), read_fields(context))?;
        let (service_requests, access_requests, grants) =
            (service_requests(&traces), access_requests(&traces, context.now), grants(&traces, context.now));
        let Traces { customers, members, staff, entitlements, subscriptions, updates, preferences, .. } =
            traces;
        let entitlements = entitlements.into_iter();
        Ok(Self {
            email: email.clone(),
            exported_at: context.now,
            customers: customers.into_iter().map(|one| one.seen_by(actor)).collect(),
            members,
            staff: staff.into_iter().map(ExportedStaff::from).collect(),
            entitlements: entitlements
                .map(|one| EntitlementView::to(actor, one, &fields, context.now))
                .collect(),
            subscriptions: subscriptions
                .into_iter()
                .map(|one| ExportedSubscription {
                    id: one.id,
                    organization_id: one.organization_id,
                    product_id: one.product_id,
                })
                .collect(),
            service_requests,
            updates: updates
                .into_iter()
                .map(|one| ExportedUpdate {
                    service_request_id: one.service_request_id,
                    number: one.number,
                    text: one.text,
                    status: one.status,
                    created_at: one.created_at,
                })
                .collect(),
            access_requests,
            grants,
            preferences: preferences
                .into_iter()
                .map(|one| ExportedPreference {
                    organization_id: one.organization_id,
                    on_submitted: one.on_submitted,
                })
                .collect(),
            events,
            truncated,
        })
    }
}

impl From<StaffRecord> for ExportedStaff {
    fn from(StaffRecord { subject, name, metadata, .. }: StaffRecord) -> Self {
        Self { subject, name, metadata }
    }
}

fn service_requests(traces: &Traces) -> Vec<ExportedServiceRequest> {
    let requests = traces.service_requests.iter().map(|one| {
        let submitted = traces.is(&one.submitted_by, one.metadata.created_at);
        ExportedServiceRequest {
            id: one.id,
            organization_id: one.organization_id,
            submitted,
            subject: submitted.then(|| one.subject.clone()),
            description: submitted.then(|| one.description.clone()),
            kind: one.kind,
            status: one.status,
            created_at: one.metadata.created_at,
        }
    });
    requests.collect()
}

fn access_requests(traces: &Traces, now: Timestamp) -> Vec<ExportedAccessRequest> {
    let members = traces.member_ids();
    let requests = traces.requests.iter().cloned().map(|one| one.at(now)).map(|one| {
        let submitted = one.is_submitted_by(&traces.email, &members);
        let addressed = one.contact_manager_email == traces.email;
        ExportedAccessRequest {
            id: one.id,
            partner_id: one.partner_id,
            submitted,
            addressed,
            reason: one.reason.filter(|_| submitted),
            decline_reason: one.decline_reason.filter(|_| addressed),
            state: one.state,
            created_at: one.metadata.created_at,
        }
    });
    requests.collect()
}

fn grants(traces: &Traces, now: Timestamp) -> Vec<ExportedGrant> {
    let members = traces.member_ids();
    let mut grants = Vec::new();
    for access in &traces.access {
        let own = access.grants.iter().filter(|grant| {
            grant.individual.as_ref().is_some_and(|one| {
                one.email == traces.email || one.member_id().is_some_and(|id| members.contains(&id))
            })
        });
        grants.extend(own.map(|grant| ExportedGrant {
            id: grant.id,
            organization_id: access.organization_id,
            partner_id: access.partner_id,
            level: grant.level,
            state: grant.state(now),
            created_at: grant.created_at,
            expires_at: grant.expires_at,
        }));
    }
    grants
}

/// Reads the events that the person caused from the logs of its parties. Returns them, and whether a log has more events
/// than were read.
async fn events_by(context: &Context<'_>, traces: &Traces) -> Result<(Vec<ExportedEvent>, bool), Failure> {
    let of_customer = |one: &Customer| one.organization_id.map_or(LogScope::Vendor, LogScope::Organization);
    let mut logs: Vec<LogScope> = traces.customers.iter().map(of_customer).collect();
    logs.extend(traces.partners().into_iter().map(LogScope::Partner));
    logs.extend(traces.staff.first().map(|_| LogScope::Vendor));
    let mut seen: Vec<LogScope> = Vec::new();
    logs.retain(|log| {
        let is_new = !seen.contains(log);
        seen.push(*log);
        is_new
    });
    let pages = try_join_all(logs.into_iter().map(|of| async move {
        let history =
            History { of, partner: None, from: None, to: None, event_type: None, license_types: Vec::new() };
        let newest = PageQuery { size: MOST_EVENTS, ascending: false, after: None, consistent: false };
        context.table.page(&history, &newest, None).await
    }))
    .await?;
    let ids = traces.record_ids();
    let people: BTreeSet<PersonRef> = (ids.customer_ids.iter().map(|id| PersonRef::Customer(*id)))
        .chain(ids.member_ids.iter().map(|id| PersonRef::Member(*id)))
        .chain(ids.staff_subjects.iter().cloned().map(PersonRef::Staff))
        .collect();
    let is_own = |event: &Event| event.actor.person().is_some_and(|person| people.contains(&person));
    let truncated = pages.iter().any(|page| page.next.is_some());
    let mut events: Vec<Event> = pages.into_iter().flat_map(|page| page.items).filter(is_own).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    events.dedup_by_key(|event| event.id);
    Ok((events.into_iter().map(ExportedEvent::from).collect(), truncated))
}

impl From<Event> for ExportedEvent {
    fn from(event: Event) -> Self {
        let Event { id, time, partner_id, organization_id, kind, .. } = event;
        Self { id, time, event_type: kind.event_type(), partner_id, organization_id }
    }
}
