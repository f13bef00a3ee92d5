//! People: the records of the vendor's staff, and how all records of an e-mail are found.

use domain::{Email, StaffRecord, Timestamp};

use super::item::Entity;
use super::key::{Key, PROFILE, segment};
use super::pattern::{Index, patterns};
use serde::{Deserialize, Serialize};

impl Entity for StaffRecord {
    const NAME: &'static str = "staff";

    fn key(&self) -> Key {
        staff_key(&self.subject)
    }

    fn by_facet(&self) -> Option<Key> {
        self.email
            .as_ref()
            .map(|email| person_by_email_key(email, format!("staff#{}", segment(&self.subject))))
    }
}

/// Reference to an item that has an e-mail, as read from the index: the record of a person, or something that names a person
/// by its e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemWithEmail {
    /// Key of the item in the table.
    #[serde(flatten)]
    pub at: Key,
}

/// This entity is only read, from the index entry of an item; it is never written.
impl Entity for ItemWithEmail {
    const NAME: &'static str = "item-with-email";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

patterns! {
    /// an operator, agent or machine of the vendor
    lookup StaffBySubject(subject: String) -> StaffRecord {
        staff_key(subject),
        "`STAFF#<subject>` · `PROFILE`"
    }
    /// the records, also removed ones, and other items that have an e-mail
    list ItemsWithEmail(email: Email) -> ItemWithEmail {
        Index::ByFacet, people_with(email), "",
        "in `by-facet` `EMAIL#<e-mail>` · `<member or customer>` or `<kind>#<id>`"
    }
}

/// Returns the key of the record of an operator or agent.
pub(super) fn staff_key(subject: &str) -> Key {
    Key::new(format!("STAFF#{}", segment(subject)), PROFILE)
}

/// Returns the partition, in `by-facet`, of the people with an e-mail.
pub(super) fn people_with(email: &Email) -> String {
    format!("EMAIL#{}", segment(email.folded()))
}

/// Returns the key of a person's record among those with its e-mail, in `by-facet`.
pub(super) fn person_by_email_key(email: &Email, id: impl std::fmt::Display) -> Key {
    Key::new(people_with(email), id.to_string())
}

/// Returns the key of a member's or customer's record among those with its e-mail, in `by-facet`. Removed ones are apart from
/// the others; an erased one has no e-mail.
pub(super) fn record_by_email_key(
    email: &Email,
    id: impl std::fmt::Display,
    removed_at: Option<Timestamp>,
    erased_at: Option<Timestamp>,
) -> Option<Key> {
    if erased_at.is_some() {
        return None;
    }
    Some(match removed_at {
        Some(_) => person_by_email_key(email, format!("removed#{id}")),
        None => person_by_email_key(email, id),
    })
}
