//! Records of the people whom service requests name: their names and e-mails, and whether they were removed.

use api_runtime::table::{BatchGet, BatchResult, ContactHistoryOf, CustomerById, MemberById};
use api_runtime::{Context, Failure};
use domain::access::MemberRecord;
use domain::service_request::Person;
use domain::{Email, ServiceRequest};

use crate::person_names::{NameReader, NamedPerson};

/// Adds the record of a person to a batch read.
pub(super) fn want(wanted: &mut BatchGet, person: &Person) {
    match person {
        Person::Member { member_id, .. } => wanted.add(&MemberById(*member_id)),
        Person::Customer { customer_id } => wanted.add(&CustomerById(*customer_id)),
        Person::Unrecorded { .. } => {}
    }
}

/// Returns a person's e-mail and name, as the reader knows them, from the records that were read.
pub(super) fn find(found: &BatchResult, person: &Person, reader: NameReader) -> Result<NamedPerson, Failure> {
    let record = match person {
        Person::Member { member_id, .. } => found.get(&MemberById(*member_id))?.map(NamedPerson::of_member),
        Person::Customer { customer_id } => {
            let customer = found.get(&CustomerById(*customer_id))?;
            customer.map(|one| NamedPerson::of_customer(&one, reader))
        }
        Person::Unrecorded { email } => Some(NamedPerson::of_email(email.clone())),
    };
    Ok(record.unwrap_or_default())
}

/// Adds to a batch read the items that decide whether a contact of a service request was removed.
pub(super) fn want_removal(wanted: &mut BatchGet, request: &ServiceRequest, contact: &Person) {
    want(wanted, contact);
    if let Person::Unrecorded { email } = contact {
        wanted.add(&ContactHistoryOf(request.organization_id, email.clone()));
    }
}

/// Returns whether a contact was removed as a member or customer, or belongs to another organization now. A person who
/// became a contact by submitting needs no record, but must not have been removed since. A removed person never comes
/// back as the same one.
pub(super) fn is_removed(
    found: &BatchResult,
    request: &ServiceRequest,
    contact: &Person,
) -> Result<bool, Failure> {
    Ok(match contact {
        Person::Member { .. } => member_record(found, contact)?.is_none(),
        Person::Customer { customer_id } => {
            let customer = found.get(&CustomerById(*customer_id))?;
            customer.is_none_or(|one| {
                one.removed_at.is_some() || one.organization_id != Some(request.organization_id)
            })
        }
        Person::Unrecorded { email } if email.is_erased() => true,
        Person::Unrecorded { email } => {
            let history = found.get(&ContactHistoryOf(request.organization_id, email.clone()))?;
            let removed_at = history.and_then(|history| history.removed_at);
            removed_at.is_some_and(|removed| removed >= request.metadata.created_at)
        }
    })
}

/// Returns whether a contact is disabled as a member or customer, which ends nothing.
pub(super) fn is_disabled(
    found: &BatchResult,
    request: &ServiceRequest,
    contact: &Person,
) -> Result<bool, Failure> {
    Ok(match contact {
        Person::Member { member_id, .. } => {
            found.get(&MemberById(*member_id))?.is_some_and(|member| member.disabled_at.is_some())
        }
        Person::Customer { customer_id } => {
            found.get(&CustomerById(*customer_id))?.is_some_and(|customer| customer.disabled_at.is_some())
        }
        Person::Unrecorded { email } => {
            let history = found.get(&ContactHistoryOf(request.organization_id, email.clone()))?;
            history.is_some_and(|history| history.disabled)
        }
    })
}

/// Returns the e-mail and the record of a partner's member, for decisions about its access; `None` for other people and
/// for a member who was removed.
pub(super) fn member_record(
    found: &BatchResult,
    person: &Person,
) -> Result<Option<(Email, MemberRecord)>, Failure> {
    let Some(member_id) = person.member_id() else { return Ok(None) };
    let member = found.get(&MemberById(member_id))?.filter(|member| member.removed_at.is_none());
    Ok(member.map(|member| (member.email.clone(), member.record())))
}

/// Returns the contacts of a service request who have an e-mail, from the records that were read.
pub(super) fn namesakes(
    found: &BatchResult,
    request: &ServiceRequest,
    email: &Email,
) -> Result<Vec<Person>, Failure> {
    let mut namesakes = Vec::new();
    for (_, contact) in request.contacts() {
        if find(found, contact, NameReader::Staff)?.email.as_ref() == Some(email) {
            namesakes.push(contact.clone());
        }
    }
    Ok(namesakes)
}

/// Reads the records of a service request's contacts, and returns those contacts who have an e-mail.
pub(super) async fn read_namesakes(
    context: &Context<'_>,
    request: &ServiceRequest,
    email: &Email,
) -> Result<Vec<Person>, Failure> {
    let mut wanted = BatchGet::new();
    request.contacts().for_each(|(_, contact)| want(&mut wanted, contact));
    let found = context.table.fetch(wanted, true).await?;
    namesakes(&found, request, email)
}
