//! Service requests as a caller sees them: a partner sees another partner's people as "a member" with the name of that
//! partner, unless the person is the primary contact.

use std::collections::BTreeSet;

use api_runtime::table::BatchGet;
use api_runtime::{Context, Failure, OrNotFound, Output};
use domain::actor::ActorKind;
use domain::service_request::{Contact, Membership, Person, ServiceRequestUpdate, UpdateText};
use domain::{
    Actor, AuthorKind, CustomerId, Email, Metadata, Name, OrganizationId, PartnerId, ServiceRequest,
    ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, TimeZone, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::former;
use crate::authority::viewer::sees_person;
use crate::party::Names;

/// Name shown to a partner in place of another partner's member.
const A_MEMBER: &str = "a member";

/// A person of a service request. A partner sees only `partnerName` and `name` of another partner's member, unless that
/// member is the primary contact.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// E-mail of the person. Absent if the caller may not see who the person is, or if a machine without e-mail wrote
    /// the update.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Partner and member id of a partner's member. Absent for other people, and if the caller may not see who the
    /// person is.
    #[serde(flatten)]
    membership: Option<Membership>,
    /// Customer record of a contact at the time when it was added. Absent for a partner's member, for a contact who is
    /// one as the submitter (no record is needed for that), and for anybody who is not shown as a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
    /// Name of the other partner that the person is a member of; present only if the caller may not see who the person
    /// is.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_name: Option<Name>,
    /// The text `a member`; present only if the caller may not see who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    /// The value `true` for a contact who may no longer see the service request in its role, because the person was
    /// removed, or its access ended or was lowered. Absent for others, and if the caller may not see who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<bool>,
}

/// A service request as the caller sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestView {
    /// Id of the service request.
    id: ServiceRequestId,
    /// Organization that the service request belongs to.
    organization_id: OrganizationId,
    /// Subject in one line, 1 to 200 characters.
    subject: Name,
    /// Description, 1 to 32,768 bytes of UTF-8; may have several lines.
    description: UpdateText,
    /// Kind of the service request; it determines the access level that a partner needs to submit it.
    kind: ServiceRequestKind,
    /// Current status.
    status: ServiceRequestStatus,
    /// Person who submitted the service request.
    submitted_by: PersonView,
    /// Contact whom the vendor addresses first: the submitter, unless another person was named.
    primary_contact: PersonView,
    /// Contacts who are also kept informed, at most 20; those who have lost access are marked as `former`.
    additional_contacts: Vec<PersonView>,
    /// IANA time zone that the primary contact, a partner's member, stated when submitting. Absent if none was stated
    /// or another person has become the primary contact; then the organization's time zone applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
    /// Time of the first text by an operator or agent, RFC 3339 in UTC; absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
    /// Time at which the service request was solved or closed, RFC 3339 in UTC; absent while it is open or waiting.
    #[serde(skip_serializing_if = "Option::is_none")]
    solved_at: Option<Timestamp>,
    /// Number of its updates.
    updates: u64,
    /// Creation time, time of the last change, and version.
    #[serde(flatten)]
    metadata: Metadata,
}

impl Output for ServiceRequestView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

impl ServiceRequestView {
    /// Returns the e-mails of the former contacts whom the caller sees.
    pub(super) fn former_contacts(&self) -> Vec<Email> {
        let contacts = std::iter::once(&self.primary_contact).chain(&self.additional_contacts);
        let former = contacts.filter(|contact| contact.former == Some(true));
        former.filter_map(|contact| contact.email.clone()).collect()
    }
}

/// The author of an update as the caller sees them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuthorView {
    /// Kind of caller that wrote the update: `operator`, `agent`, `partner` or `customer`.
    #[serde(rename = "type")]
    kind: AuthorKind,
    /// Person who wrote the update; a machine of the vendor may have no e-mail.
    #[serde(flatten)]
    person: PersonView,
}

/// An update of a service request as the caller sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateView {
    /// Service request that was updated.
    service_request_id: ServiceRequestId,
    /// Number of the update, starting at 1; updates take effect in this order.
    number: u64,
    /// Author of the update.
    by: AuthorView,
    /// Text of the update, 1 to 32,768 bytes of UTF-8; absent if only the status was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<UpdateText>,
    /// Status that the update set; absent if it set none.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ServiceRequestStatus>,
    /// Version of the service request after the update.
    version: Version,
    /// Time of the update, RFC 3339 in UTC; never before that of the preceding update.
    created_at: Timestamp,
}

impl Output for UpdateView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

/// Returns the partner whose member the caller is; `None` for the vendor's and the organization's people, who see
/// everyone.
pub fn viewer_partner_of(actor: &Actor) -> Option<PartnerId> {
    match actor.kind {
        ActorKind::Partner { partner, .. } => Some(partner),
        _ => None,
    }
}

/// Returns whether a partner sees who submitted a service request.
pub fn sees_submitter(viewer_partner: Option<PartnerId>, request: &ServiceRequest) -> bool {
    let is_primary = request.submitted_by == request.primary_contact.person;
    sees_person(viewer_partner, &request.submitted_by, is_primary)
}

/// Returns whether a partner sees who a contact of a service request is.
pub fn sees_contact(viewer_partner: Option<PartnerId>, request: &ServiceRequest, contact: &Contact) -> bool {
    sees_person(viewer_partner, &contact.person, *contact == request.primary_contact)
}

/// The partner of the caller, and the names of the other partners whose members are hidden from it.
struct ViewerScope {
    partner: Option<PartnerId>,
    names: Names,
}

impl ViewerScope {
    /// Returns the partners, other than that of the caller, whose people the caller may not see.
    fn others(
        partner: Option<PartnerId>,
        people: impl Iterator<Item = Option<Membership>>,
    ) -> BTreeSet<PartnerId> {
        match partner {
            Some(own) => people.flatten().map(|of| of.partner_id).filter(|of| *of != own).collect(),
            None => BTreeSet::new(),
        }
    }

    /// Reads the names of the other partners that people belong to. Reads nothing if there are none or the caller sees
    /// everyone.
    async fn of(
        context: &Context<'_>,
        actor: &Actor,
        people: impl Iterator<Item = Option<Membership>>,
    ) -> Result<Self, Failure> {
        let partner = viewer_partner_of(actor);
        let others = Self::others(partner, people);
        let names = Names::of(context, others.iter().copied(), std::iter::empty()).await?;
        Ok(Self { partner, names })
    }

    fn person(&self, person: Person, customer_id: Option<CustomerId>, is_primary: bool) -> PersonView {
        match person.membership.filter(|_| !sees_person(self.partner, &person, is_primary)) {
            Some(of) => self.member(of),
            None => PersonView {
                email: Some(person.email),
                membership: person.membership,
                customer_id,
                partner_name: None,
                name: None,
                former: None,
            },
        }
    }

    fn member(&self, of: Membership) -> PersonView {
        PersonView {
            email: None,
            membership: None,
            customer_id: None,
            partner_name: self.names.partner(of.partner_id).name,
            name: Some(A_MEMBER),
            former: None,
        }
    }

    /// Returns a service request as the caller sees it; `former` are the e-mails of its former contacts.
    fn request(&self, request: ServiceRequest, former: &[Email]) -> ServiceRequestView {
        let is_submitter = request.submitted_by == request.primary_contact.person;
        let contact = |contact: Contact, is_primary: bool| {
            let is_former = former.contains(&contact.person.email);
            let person = self.person(contact.person, contact.customer_id, is_primary);
            PersonView { former: is_former.then_some(true), ..person }
        };
        let additional_contacts = request.additional_contacts.into_iter();
        ServiceRequestView {
            id: request.id,
            organization_id: request.organization_id,
            subject: request.subject,
            description: request.description,
            kind: request.kind,
            status: request.status,
            submitted_by: self.person(request.submitted_by, None, is_submitter),
            primary_contact: contact(request.primary_contact, true),
            additional_contacts: additional_contacts.map(|one| contact(one, false)).collect(),
            time_zone: request.time_zone,
            answered_at: request.answered_at,
            solved_at: request.solved_at,
            updates: request.updates,
            metadata: request.metadata,
        }
    }
}

fn people_of(request: &ServiceRequest) -> impl Iterator<Item = Option<Membership>> {
    let contacts = request.contacts().map(|(_, contact)| contact.person.membership);
    contacts.chain([request.submitted_by.membership])
}

/// Returns service requests as the caller sees them. Takes one round trip, for the records of their contacts.
pub async fn view_all(
    context: &Context<'_>,
    actor: &Actor,
    requests: Vec<ServiceRequest>,
) -> Result<Vec<ServiceRequestView>, Failure> {
    let partner = viewer_partner_of(actor);
    let others = ViewerScope::others(partner, requests.iter().flat_map(people_of));
    let mut wanted = BatchGet::new();
    Names::want(&mut wanted, others.iter().copied(), std::iter::empty());
    requests.iter().for_each(|request| former::want(&mut wanted, partner, request));
    let found = context.table.fetch(wanted, true).await?;
    let names = Names::among(&found, others.iter().copied(), std::iter::empty())?;
    let viewer = ViewerScope { partner, names };
    let mut views = Vec::new();
    for request in requests {
        let former = former::former_contacts(context, &found, partner, &request)?;
        views.push(viewer.request(request, &former));
    }
    Ok(views)
}

/// Returns a service request that the caller submits. All of its contacts are current, and none is another partner's.
pub fn view_new(actor: &Actor, request: ServiceRequest) -> ServiceRequestView {
    let names = Names::from(std::iter::empty(), std::iter::empty());
    ViewerScope { partner: viewer_partner_of(actor), names }.request(request, &[])
}

/// Returns a service request as the caller sees it.
pub async fn view(
    context: &Context<'_>,
    actor: &Actor,
    request: ServiceRequest,
) -> Result<ServiceRequestView, Failure> {
    let view = view_all(context, actor, vec![request]).await?.pop();
    Ok(view.or_not_found()?)
}

/// Returns updates of a service request as the caller sees them.
pub async fn view_updates(
    context: &Context<'_>,
    actor: &Actor,
    request: &ServiceRequest,
    updates: Vec<ServiceRequestUpdate>,
) -> Result<Vec<UpdateView>, Failure> {
    let viewer_partner =
        ViewerScope::of(context, actor, updates.iter().map(|update| update.by.membership)).await?;
    let view = |update: ServiceRequestUpdate| {
        let (kind, membership) = (update.by.kind, update.by.membership);
        let person = match update.by.email.map(|email| Person { email, membership }) {
            Some(person) => {
                let is_primary = person == request.primary_contact.person;
                viewer_partner.person(person, None, is_primary)
            }
            None => PersonView {
                email: None,
                membership: None,
                customer_id: None,
                partner_name: None,
                name: None,
                former: None,
            },
        };
        UpdateView {
            service_request_id: update.service_request_id,
            number: update.number,
            by: AuthorView { kind, person },
            text: update.text,
            status: update.status,
            version: update.version,
            created_at: update.created_at,
        }
    };
    Ok(updates.into_iter().map(view).collect())
}
