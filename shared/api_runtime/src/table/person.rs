//! People: the records of the vendor's staff, and how all records of an e-mail are found.

use domain::{Email, StaffRecord};

use super::item::Entity;
use super::key::{Key, PROFILE, segment};
use super::pattern::patterns;

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

patterns! {
    /// an operator, agent or machine of the vendor
    lookup StaffBySubject(subject: String) -> StaffRecord {
        staff_key(subject),
        "`STAFF#<subject>` · `PROFILE`"
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
