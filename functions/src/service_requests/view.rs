//! Service requests as a reader sees them: of another partner's people a partner sees that partner's name and "a member",
//! unless the person is the primary contact.

use std::collections::BTreeSet;

use api_runtime::{Context, Failure, OrNotFound, Output};
use domain::actor::ActorKind;
use domain::service_request::{Contact, Membership, Message, Person, ServiceRequestUpdate};
use domain::{
    Actor, AuthorKind, CustomerId, Email, Metadata, Name, OrganizationId, PartnerId, ServiceRequest,
    ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, TimeZone, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::viewer::sees_person;
use crate::party::Names;

/// Name shown to a partner in place of another partner's member.
const A_MEMBER: &str = "a member";

/// A person of a service request. Of another partner's member a partner sees `partnerName` and `name` alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// The person's e-mail; absent if the reader may not see who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Who it is for a partner; absent if it is a customer of the organization.
    #[serde(flatten)]
    membership: Option<Membership>,
    /// The customer of the organization that a contact was on record as when it was made one; absent if it is a partner's
    /// member, or is a contact because it submitted the service request, for which nobody needs a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
    /// The name of the other partner whose member it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_name: Option<Name>,
    /// `a member`, in place of who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

/// A service request as a reader sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestView {
    /// Its id.
    id: ServiceRequestId,
    /// The organization whose it is.
    organization_id: OrganizationId,
    /// The subject, in a line.
    subject: Name,
    /// The description.
    description: Message,
    /// What kind of thing is needed.
    kind: ServiceRequestKind,
    /// Its status.
    status: ServiceRequestStatus,
    /// The person who submitted it.
    submitted_by: PersonView,
    /// The person to whom the vendor turns about it: who submitted it, unless it says otherwise.
    primary_contact: PersonView,
    /// Who else is kept informed, at most 20. `get-service-request` tells which contacts are former ones.
    additional_contacts: Vec<PersonView>,
    /// The primary contact's time zone, where a partner's member is it and said so; else its organization's holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
    /// When the vendor's people first said something about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
    /// When it was solved or closed, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    solved_at: Option<Timestamp>,
    /// How many updates it has.
    updates: u64,
    /// When it was made and last changed, and its version.
    #[serde(flatten)]
    metadata: Metadata,
}

impl Output for ServiceRequestView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

/// The author of an update as a reader sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuthorView {
    /// What kind of caller.
    #[serde(rename = "type")]
    kind: AuthorKind,
    /// The person; machines may have no e-mail.
    #[serde(flatten)]
    person: PersonView,
}

/// An update of a service request as a reader sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateView {
    /// The service request.
    service_request_id: ServiceRequestId,
    /// Its number, from 1 on: updates took effect in this order.
    number: u64,
    /// Its author.
    by: AuthorView,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Message>,
    /// The status that it gave the service request.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ServiceRequestStatus>,
    /// Which version of the service request it made.
    version: Version,
    /// When.
    created_at: Timestamp,
}

impl Output for UpdateView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

/// The partner whose member reads; none for the vendor's and the organization's people, who see everyone.
pub fn viewer_scope(actor: &Actor) -> Option<PartnerId> {
    match actor.kind {
        ActorKind::Partner { partner, .. } => Some(partner),
        _ => None,
    }
}

/// Whether a reader sees who submitted a service request.
pub fn sees_submitter(reader: Option<PartnerId>, request: &ServiceRequest) -> bool {
    let is_primary = request.submitted_by == request.primary_contact.person;
    sees_person(reader, &request.submitted_by, is_primary)
}

/// Whether a reader sees who a contact of a service request is.
pub fn sees_contact(reader: Option<PartnerId>, request: &ServiceRequest, contact: &Contact) -> bool {
    sees_person(reader, &contact.person, *contact == request.primary_contact)
}

/// A reader, and the names of the other partners whose members it may not see.
struct ViewerScope {
    partner: Option<PartnerId>,
    names: Names,
}

impl ViewerScope {
    /// Reads the names of the partners of whose people some are hidden; none if nobody is.
    async fn of(
        context: &Context<'_>,
        actor: &Actor,
        people: impl Iterator<Item = Option<Membership>>,
    ) -> Result<Self, Failure> {
        let partner = viewer_scope(actor);
        let others: BTreeSet<PartnerId> = match partner {
            Some(own) => people.flatten().map(|of| of.partner_id).filter(|of| *of != own).collect(),
            None => BTreeSet::new(),
        };
        let names = match others.is_empty() {
            true => Names::from(std::iter::empty(), std::iter::empty()),
            false => Names::of(context, others.iter().copied(), std::iter::empty()).await?,
        };
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
        }
    }
}

fn people_of(request: &ServiceRequest) -> impl Iterator<Item = Option<Membership>> {
    let contacts = request.contacts().map(|(_, contact)| contact.person.membership);
    contacts.chain([request.submitted_by.membership])
}

/// Service requests as the caller sees them. One more round trip if a partner reads and other partners' people are among
/// their people.
pub async fn view_all(
    context: &Context<'_>,
    actor: &Actor,
    requests: Vec<ServiceRequest>,
) -> Result<Vec<ServiceRequestView>, Failure> {
    let reader = ViewerScope::of(context, actor, requests.iter().flat_map(people_of)).await?;
    let view = |request: ServiceRequest| {
        let is_submitter = request.submitted_by == request.primary_contact.person;
        let contact = |contact: Contact, is_primary: bool| {
            reader.person(contact.person, contact.customer_id, is_primary)
        };
        ServiceRequestView {
            id: request.id,
            organization_id: request.organization_id,
            subject: request.subject,
            description: request.description,
            kind: request.kind,
            status: request.status,
            submitted_by: reader.person(request.submitted_by, None, is_submitter),
            primary_contact: contact(request.primary_contact, true),
            additional_contacts: request
                .additional_contacts
                .into_iter()
                .map(|one| contact(one, false))
                .collect(),
            time_zone: request.time_zone,
            answered_at: request.answered_at,
            solved_at: request.solved_at,
            updates: request.updates,
            metadata: request.metadata,
        }
    };
    Ok(requests.into_iter().map(view).collect())
}

/// A service request as the caller sees it.
pub async fn view(
    context: &Context<'_>,
    actor: &Actor,
    request: ServiceRequest,
) -> Result<ServiceRequestView, Failure> {
    let view = view_all(context, actor, vec![request]).await?.pop();
    Ok(view.or_not_found()?)
}

/// Updates of a service request as the caller sees them.
pub async fn view_updates(
    context: &Context<'_>,
    actor: &Actor,
    request: &ServiceRequest,
    updates: Vec<ServiceRequestUpdate>,
) -> Result<Vec<UpdateView>, Failure> {
    let reader = ViewerScope::of(context, actor, updates.iter().map(|update| update.by.membership)).await?;
    let view = |update: ServiceRequestUpdate| {
        let (kind, membership) = (update.by.kind, update.by.membership);
        let person = match update.by.email.map(|email| Person { email, membership }) {
            Some(person) => {
                let is_primary = person == request.primary_contact.person;
                reader.person(person, None, is_primary)
            }
            None => PersonView {
                email: None,
                membership: None,
                customer_id: None,
                partner_name: None,
                name: None,
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
