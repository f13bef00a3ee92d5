//! People with their current names and e-mails: what is stored refers to them by the ids of their records.

use std::collections::HashMap;

use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, CustomerById, MemberById, StaffBySubject};
use domain::{Author, AuthorKind, Email, MemberId, Name, PersonRef, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// Name and e-mail of a person, as the record has them now; a removed person's record keeps them.
#[derive(Debug, Clone)]
pub struct NamedPerson {
    /// Name of the person; `None` if an operator or agent set none.
    pub name: Option<Name>,
    /// E-mail of the person; `None` for a machine of the vendor without one.
    pub email: Option<Email>,
    /// Whether the person was erased, so that it has neither name nor e-mail.
    pub is_erased: bool,
}

impl NamedPerson {
    fn new(name: Option<Name>, email: Option<Email>, erased_at: Option<Timestamp>) -> Self {
        let is_erased = erased_at.is_some();
        Self { name: name.filter(|_| !is_erased), email: email.filter(|_| !is_erased), is_erased }
    }
}

/// Names and e-mails of some people.
#[derive(Debug, Default)]
pub struct People(HashMap<PersonRef, NamedPerson>);

impl People {
    /// Adds the records of these people to a read.
    pub fn want(wanted: &mut BatchGet, people: impl Iterator<Item = PersonRef>) {
        for person in people {
            match person {
                PersonRef::Member(id) => wanted.add(&MemberById(id)),
                PersonRef::Customer(id) => wanted.add(&CustomerById(id)),
                PersonRef::Staff(subject) => wanted.add(&StaffBySubject(subject)),
            }
        }
    }

    /// Takes the names and e-mails of these people from the result of a read.
    ///
    /// # Errors
    ///
    /// Never for items that Vouchsafe wrote.
    pub fn among(found: &BatchResult, people: impl Iterator<Item = PersonRef>) -> Result<Self, Failure> {
        let mut named = HashMap::new();
        for person in people {
            let known = match &person {
                PersonRef::Member(id) => found
                    .get(&MemberById(*id))?
                    .map(|one| NamedPerson::new(Some(one.name), Some(one.email), one.erased_at)),
                PersonRef::Customer(id) => found
                    .get(&CustomerById(*id))?
                    .map(|one| NamedPerson::new(Some(one.name), Some(one.email), one.erased_at)),
                PersonRef::Staff(subject) => found
                    .get(&StaffBySubject(subject.clone()))?
                    .map(|one| NamedPerson::new(one.name, one.email, one.erased_at)),
            };
            named.extend(known.map(|known| (person, known)));
        }
        Ok(Self(named))
    }

    /// Returns the name and e-mail of a person; `None` if the record was not found.
    pub fn get(&self, person: &PersonRef) -> Option<&NamedPerson> {
        self.0.get(person)
    }

    /// Returns the name of a member; `None` if the record was not found.
    pub fn member(&self, member: MemberId) -> Option<Name> {
        self.get(&PersonRef::Member(member)).and_then(|person| person.name.clone())
    }

    /// Returns an author as it is shown.
    pub fn author(&self, author: Author) -> AuthorView {
        let person = author.person().and_then(|person| self.get(&person)).cloned();
        let erased = person.as_ref().is_some_and(|person| person.is_erased);
        let (name, email) = person.map(|person| (person.name, person.email)).unwrap_or_default();
        AuthorView { kind: author.kind, id: author.id, name, email, erased }
    }
}

/// Author of a change, with the current name and e-mail of a person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NamedAuthor")]
pub struct AuthorView {
    /// Kind of caller.
    #[serde(rename = "type")]
    kind: AuthorKind,
    /// Id of the member or customer; subject (`sub`) of the token of the vendor's staff, and of a person without a record;
    /// id of the webhook source; or name of the scheduled operation.
    id: String,
    /// Current name of the person; 1 to 200 characters. Absent if the author is no person or has no record, or if an
    /// operator or agent set no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// E-mail of the person; at most 254 bytes. Absent if the author is no person or has no record.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// The value `true` if the person was erased, and therefore has neither name nor e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}
