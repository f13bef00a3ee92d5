//! Service requests as a caller sees them: a partner sees another partner's people as "a member" with the name of that
//! partner, unless the person is the primary contact.

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, BatchResult, StaffBySubject};
use api_runtime::{Context, Failure, OrNotFound, Output};
use domain::actor::ActorKind;
use domain::service_request::{Person, ServiceRequestUpdate, UpdateText};
use domain::{
    Actor, AuthorKind, CustomerId, Email, MemberId, Metadata, Name, OrganizationId, PartnerId,
    ServiceRequest, ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, StaffRecord, TimeZone,
    Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{former, people};
use crate::authority::viewer::sees_person;
use crate::party::Names;
use crate::person_names::{NameReader, NamedPerson};

/// Name shown to a partner in place of another partner's member.
const A_MEMBER: &str = "a member";

/// A person of a service request. A partner sees only `partnerName` and `name` of another partner's member, unless that
/// member is the primary contact.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// Current e-mail of the person; of a customer who has left the organization, the one at that time, except for the vendor's
    /// staff. Absent if the caller may not see who the person is, and for a machine of the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Name of the person, under the same rule as `email`; 1 to 200 characters. Absent if the caller may not see who the person
    /// is, for a customer without a record, and for the vendor's people who set none.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<Name>,
    /// Partner whose member the person is. Absent, with `memberId`, if the person is not a member of a partner, and if
    /// the caller may not see who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<PartnerId>,
    /// Id of the partner's member.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
    /// Customer record of the person. Absent for a partner's member and for a customer who acted without a record.
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
    /// removed or has left the organization, or its access ended or was lowered; also for another person who has left the
    /// organization, unless the vendor's staff reads. Absent for others, and if the caller may not see who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<bool>,
    /// The value `true` if the person was erased, and therefore has neither name nor e-mail. Absent for others, and if the
    /// caller may not see who the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<bool>,
}

impl From<StaffRecord> for PersonView {
    fn from(record: StaffRecord) -> Self {
        let erased = record.erased_at.is_some().then_some(true);
        Self { email: record.email, display_name: record.name, erased, ..Self::default() }
    }
}

/// A service request as the caller sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestView {
    /// Id of the service request.
    id: ServiceRequestId,
    /// Organization that the service request belongs to.
    organization_id: OrganizationId,
    /// Current name of the organization; 1 to 200 characters. Absent if it could not be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_name: Option<Name>,
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
    /// IANA time zone that the primary contact, a partner's member who submitted the service request, stated. Absent if
    /// none was stated or another person has become the primary contact; then the organization's time zone applies.
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
    /// Returns the e-mail of the submitter; `None` if the caller may not see who that is.
    pub(super) fn submitter_email(&self) -> Option<&Email> {
        self.submitted_by.email.as_ref()
    }

    /// Returns the e-mails of the former contacts whom the caller sees.
    pub(super) fn former_contacts(&self) -> Vec<Email> {
        let contacts = std::iter::once(&self.primary_contact).chain(&self.additional_contacts);
        let former = contacts.filter(|contact| contact.former == Some(true));
        former.filter_map(|contact| contact.email.clone()).collect()
    }
}

/// The author of an update as the caller sees them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UpdateAuthorView {
    /// Kind of caller that wrote the update: `operator`, `agent`, `partner` or `customer`.
    #[serde(rename = "type")]
    kind: AuthorKind,
    /// Person who wrote the update.
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
    by: UpdateAuthorView,
    /// Text of the update, 1 to 32,768 bytes of UTF-8; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<UpdateText>,
    /// Status that the update set; absent if it set none.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ServiceRequestStatus>,
    /// IANA time zone that the update set; absent if it set none.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
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

/// Returns whether a partner sees who a person of a service request is.
pub fn sees_contact(viewer_partner: Option<PartnerId>, request: &ServiceRequest, person: &Person) -> bool {
    sees_person(viewer_partner, person, *person == request.primary_contact)
}

/// The partner of the caller, the names of the other partners whose members are hidden from it, and the records of the
/// people whom it sees.
struct ViewerScope<'a> {
    actor: &'a Actor,
    partner: Option<PartnerId>,
    names: Names,
    found: BatchResult,
}

impl<'v> ViewerScope<'v> {
    /// Returns the partners, other than that of the caller, whose people the caller may not see.
    fn others<'a>(
        partner: Option<PartnerId>,
        people: impl Iterator<Item = &'a Person>,
    ) -> BTreeSet<PartnerId> {
        match partner {
            Some(own) => people.filter_map(Person::partner_id).filter(|of| *of != own).collect(),
            None => BTreeSet::new(),
        }
    }

    /// Reads the items in the batch, the records of the people whom the caller sees, and the names of the organizations
    /// and of the partners of the others. Each person is given with the primary contact of its service request.
    async fn read<'a>(
        context: &Context<'_>,
        actor: &'v Actor,
        mut wanted: BatchGet,
        people: impl Iterator<Item = (&'a Person, &'a Person)> + Clone,
        organizations: BTreeSet<OrganizationId>,
    ) -> Result<Self, Failure> {
        let partner = viewer_partner_of(actor);
        let others = Self::others(partner, people.clone().map(|(person, _)| person));
        Names::want(&mut wanted, others.iter().copied(), organizations.iter().copied());
        people
            .filter(|(person, primary)| sees_person(partner, person, person == primary))
            .for_each(|(person, _)| people::want(&mut wanted, person));
        let found = context.table.fetch(wanted, true).await?;
        let names = Names::among(&found, others.iter().copied(), organizations.iter().copied())?;
        Ok(Self { actor, partner, names, found })
    }

    /// Returns a person of a service request as the caller sees it.
    fn person(&self, person: &Person, of_request: &ServiceRequest) -> Result<PersonView, Failure> {
        let primary = &of_request.primary_contact;
        if let Some(of) =
            person.partner_id().filter(|_| !sees_person(self.partner, person, person == primary))
        {
            return Ok(self.member(of));
        }
        let time = of_request.metadata.created_at;
        let reader = NameReader::of(self.actor, Some(of_request.organization_id), time);
        let NamedPerson { email, name, is_erased, is_former } = people::find(&self.found, person, reader)?;
        Ok(PersonView {
            email,
            display_name: name,
            partner_id: person.partner_id(),
            member_id: person.member_id(),
            customer_id: person.customer_id(),
            former: is_former.then_some(true),
            erased: is_erased.then_some(true),
            ..PersonView::default()
        })
    }

    fn member(&self, of: PartnerId) -> PersonView {
        let partner_name = self.names.partner(of).name;
        PersonView { partner_name, name: Some(A_MEMBER), ..PersonView::default() }
    }

    /// Returns a service request as the caller sees it; `former` are its former contacts.
    fn request(&self, request: ServiceRequest, former: &[Person]) -> Result<ServiceRequestView, Failure> {
        let contact = |contact: &Person| {
            let person = self.person(contact, &request)?;
            let former = former.contains(contact).then_some(true).or(person.former);
            Ok::<_, Failure>(PersonView { former, ..person })
        };
        let additional_contacts =
            request.additional_contacts.iter().map(contact).collect::<Result<_, _>>()?;
        Ok(ServiceRequestView {
            id: request.id,
            organization_id: request.organization_id,
            organization_name: self.names.organization(request.organization_id).name,
            submitted_by: self.person(&request.submitted_by, &request)?,
            primary_contact: contact(&request.primary_contact)?,
            additional_contacts,
            subject: request.subject,
            description: request.description,
            kind: request.kind,
            status: request.status,
            time_zone: request.time_zone,
            answered_at: request.answered_at,
            solved_at: request.solved_at,
            updates: request.updates,
            metadata: request.metadata,
        })
    }
}

/// Returns the people of a service request, each with its primary contact.
fn people_of(request: &ServiceRequest) -> impl Iterator<Item = (&Person, &Person)> + Clone {
    let additional = request.additional_contacts.iter();
    let people = [&request.submitted_by, &request.primary_contact].into_iter().chain(additional);
    people.map(|person| (person, &request.primary_contact))
}

/// Returns service requests as the caller sees them. Takes one round trip, for the records of their people.
pub async fn view_all(
    context: &Context<'_>,
    actor: &Actor,
    requests: Vec<ServiceRequest>,
) -> Result<Vec<ServiceRequestView>, Failure> {
    let partner = viewer_partner_of(actor);
    let mut wanted = BatchGet::new();
    requests.iter().for_each(|request| former::want(&mut wanted, partner, request));
    let organizations = requests.iter().map(|request| request.organization_id).collect();
    let people = requests.iter().flat_map(people_of);
    let viewer = ViewerScope::read(context, actor, wanted, people, organizations).await?;
    let mut views = Vec::new();
    for request in requests {
        let former = former::former_contacts(context, &viewer.found, partner, &request)?;
        views.push(viewer.request(request, &former)?);
    }
    Ok(views)
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
    let primary = &request.primary_contact;
    let people = updates.iter().filter_map(|update| Some((update.by.person.as_ref()?, primary)));
    let staff = |update: &ServiceRequestUpdate| update.by.subject.clone().map(StaffBySubject);
    let mut wanted = BatchGet::new();
    updates.iter().filter_map(staff).for_each(|lookup| wanted.add(&lookup));
    let viewer = ViewerScope::read(context, actor, wanted, people, BTreeSet::new()).await?;
    let view = |update: ServiceRequestUpdate| {
        let person = match (&update.by.person, staff(&update)) {
            (Some(person), _) => viewer.person(person, request)?,
            (None, Some(lookup)) => viewer.found.get(&lookup)?.map(PersonView::from).unwrap_or_default(),
            (None, None) => PersonView::default(),
        };
        Ok(UpdateView {
            service_request_id: update.service_request_id,
            number: update.number,
            by: UpdateAuthorView { kind: update.by.kind, person },
            text: update.text,
            status: update.status,
            time_zone: update.time_zone,
            version: update.version,
            created_at: update.created_at,
        })
    };
    updates.into_iter().map(view).collect()
}
