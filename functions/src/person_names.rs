//! People with their names and e-mails: what is stored refers to them by the ids of their records. Names are the current ones,
//! except for readers who knew a customer in an organization that it has left: they are shown the name that it left with.

use std::collections::HashMap;

use api_runtime::table::{BatchGet, BatchResult, CustomerById, MemberById, StaffBySubject};
use api_runtime::{Context, Failure};
use domain::customer::KnownAs;
use domain::{
    Actor, Author, AuthorKind, Customer, Email, Member, MemberId, Name, OrganizationId, PersonRef,
    StaffRecord, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Reader of a person's name, as far as it decides which name of a moved customer is shown.
#[derive(Debug, Clone, Copy)]
pub enum NameReader {
    /// The vendor's staff, to whom the current name is shown.
    Staff,
    /// Somebody who knows the customer by what it did in this organization.
    InOrganization(OrganizationId),
    /// Somebody who knows the customer by what it did at this time, in no organization.
    AtTime(Timestamp),
}

impl NameReader {
    /// Returns the actor as a reader of something that concerns the organization, if any, and was made at `time`.
    pub fn of(actor: &Actor, organization: Option<OrganizationId>, time: Timestamp) -> Self {
        match organization {
            _ if actor.is_staff() => Self::Staff,
            Some(organization) => Self::InOrganization(organization),
            None => Self::AtTime(time),
        }
    }
}

/// Name and e-mail of a person, as the record has them; a removed person's record keeps them.
#[derive(Debug, Clone, Default)]
pub struct NamedPerson {
    /// Name of the person; `None` if it has none, or if the reader may not know it.
    pub name: Option<Name>,
    /// E-mail of the person; `None` for a machine of the vendor without one, or if the reader may not know it.
    pub email: Option<Email>,
    /// Whether the person was erased, so that it has neither name nor e-mail.
    pub is_erased: bool,
    /// Whether name and e-mail are those with which a customer left the reader's organization.
    pub is_former: bool,
}

impl NamedPerson {
    fn new(name: Option<Name>, email: Option<Email>, erased_at: Option<Timestamp>) -> Self {
        let is_erased = erased_at.is_some();
        let (name, email) = (name.filter(|_| !is_erased), email.filter(|_| !is_erased));
        Self { name, email, is_erased, is_former: false }
    }

    /// Returns a member.
    pub fn of_member(one: Member) -> Self {
        Self::new(Some(one.name), Some(one.email), one.erased_at)
    }

    /// Returns a customer as the reader knows it.
    pub fn of_customer(one: &Customer, reader: NameReader) -> Self {
        let known = match reader {
            _ if one.erased_at.is_some() => KnownAs::Now,
            NameReader::Staff => KnownAs::Now,
            NameReader::InOrganization(organization) => one.known_in(organization),
            NameReader::AtTime(time) => one.known_at(time),
        };
        match known {
            KnownAs::Now => Self::new(Some(one.name.clone()), Some(one.email.clone()), one.erased_at),
            KnownAs::Formerly(former) => Self {
                name: former.map(|former| former.name.clone()),
                email: former.map(|former| former.email.clone()),
                is_erased: false,
                is_former: true,
            },
        }
    }

    /// Returns an operator, agent or machine of the vendor.
    pub fn of_staff(one: StaffRecord) -> Self {
        Self::new(one.name, one.email, one.erased_at)
    }

    /// Returns a person who is known by its e-mail alone; an erased one by what took the place of the e-mail.
    pub fn of_email(email: Email) -> Self {
        let is_erased = email.is_erased();
        Self { email: Some(email).filter(|_| !is_erased), is_erased, ..Self::default() }
    }
}

/// Record of a person, from which its name is taken when it is shown.
#[derive(Debug)]
enum Record {
    Customer(Box<Customer>),
    Other(NamedPerson),
}

/// Names and e-mails of some people.
#[derive(Debug, Default)]
pub struct People(HashMap<PersonRef, Record>);

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

    /// Reads the records of these people together; without people there is no read.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn read(
        context: &Context<'_>,
        people: impl Iterator<Item = PersonRef> + Clone,
    ) -> Result<Self, Failure> {
        let mut wanted = BatchGet::new();
        Self::want(&mut wanted, people.clone());
        Self::among(&context.table.fetch(wanted, false).await?, people)
    }

    /// Takes the records of these people from the result of a read.
    ///
    /// # Errors
    ///
    /// Never for items that Vouchsafe wrote.
    pub fn among(found: &BatchResult, people: impl Iterator<Item = PersonRef>) -> Result<Self, Failure> {
        let mut records = HashMap::new();
        for person in people {
            let record = match &person {
                PersonRef::Member(id) => {
                    found.get(&MemberById(*id))?.map(NamedPerson::of_member).map(Record::Other)
                }
                PersonRef::Customer(id) => found.get(&CustomerById(*id))?.map(Box::new).map(Record::Customer),
                PersonRef::Staff(subject) => {
                    let staff = found.get(&StaffBySubject(subject.clone()))?;
                    staff.map(NamedPerson::of_staff).map(Record::Other)
                }
            };
            records.extend(record.map(|record| (person, record)));
        }
        Ok(Self(records))
    }

    /// Returns the name and e-mail of a person as the reader knows it; `None` if the record was not found.
    pub fn get(&self, person: &PersonRef, reader: NameReader) -> Option<NamedPerson> {
        Some(match self.0.get(person)? {
            Record::Customer(customer) => NamedPerson::of_customer(customer, reader),
            Record::Other(person) => person.clone(),
        })
    }

    /// Returns the name of a member; `None` if the record was not found.
    pub fn member(&self, member: MemberId) -> Option<Name> {
        self.get(&PersonRef::Member(member), NameReader::Staff)?.name
    }

    /// Returns an author as the reader knows it.
    pub fn author(&self, author: Author, reader: NameReader) -> NamedAuthor {
        let person = author.person().and_then(|person| self.get(&person, reader)).unwrap_or_default();
        let NamedPerson { name, email, is_erased, is_former } = person;
        NamedAuthor { kind: author.kind, id: author.id, name, email, former: is_former, erased: is_erased }
    }
}

impl NamedAuthor {
    /// Returns the author without name and e-mail.
    pub fn unnamed(&self) -> Author {
        Author { kind: self.kind, id: self.id.clone() }
    }

    /// Returns the record of the person; `None` if the author is no person, or had no record.
    pub fn person(&self) -> Option<PersonRef> {
        self.unnamed().person()
    }
}

/// Author of a change, with the name and e-mail of a person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NamedAuthor {
    /// Kind of caller.
    #[serde(rename = "type")]
    kind: AuthorKind,
    /// Id of the member or customer; subject (`sub`) of the token of the vendor's staff, and of a person without a record;
    /// id of the webhook source; or name of the scheduled operation.
    id: String,
    /// Current name of the person; 1 to 200 characters. Of a customer who has left the organization (`former`), it is the
    /// name at that time, except for the vendor's staff. Absent if the author is no person or has no record, or if an
    /// operator or agent set no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// E-mail of the person, under the same rule as `name`; at most 254 bytes. Absent if the author is no person or has no
    /// record.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// The value `true` if the person is a customer who has left the organization; then name and e-mail are those that it
    /// had when it left. Absent if not, and for the vendor's staff.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    former: bool,
    /// The value `true` if the person was erased, and therefore has neither name nor e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}
