//! What is remembered of a person about an organization's subscriptions.

use domain::{Email, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::pattern::patterns;
use super::write::{Action, Expression, Write};

/// What is remembered of a person about an organization's subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactHistory {
    /// Whose subscriptions.
    pub organization_id: OrganizationId,
    /// Who.
    pub email: Email,
    /// Whether it is, or was, a contact of one: who is it again is not welcomed again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_contact: bool,
    /// When it was removed as a customer, last: where it had become a contact before, by its e-mail alone, it is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
}

impl Entity for ContactHistory {
    const NAME: &'static str = "contact-history";

    fn key(&self) -> Key {
        contact_history_key(self.organization_id, &self.email)
    }
}

patterns! {
    /// whether somebody was a contact of an organization's subscriptions before, and when it was removed as a customer last
    lookup ContactHistoryOf(organization: OrganizationId, email: Email) -> ContactHistory {
        contact_history_key(*organization, email),
        "`ORG#<organization>` · `CONTACT_HISTORY#<e-mail>`"
    }
}

/// That somebody is, or was, a contact of an organization's subscriptions.
pub(super) fn contact_history_key(organization: OrganizationId, email: &Email) -> Key {
    Key::new(organization_partition(organization), format!("CONTACT_HISTORY#{}", segment(email.folded())))
}

/// Remembers that somebody is a contact of an organization's subscriptions; it must be for the first time.
pub fn remember_contact(organization: OrganizationId, email: &Email) -> Write {
    let condition = Expression::new("attribute_not_exists(#wasContact)");
    let update = upsert(organization, email, "#wasContact = :yes").bool("yes", true);
    Write::on(condition, contact_history_key(organization, email), Action::Update(update))
}

/// Remembers that somebody is no customer of an organization any more.
pub fn remember_removal(organization: OrganizationId, email: &Email, now: Timestamp) -> Write {
    let update = upsert(organization, email, "#removedAt = :now").text("now", now.to_string());
    Write::always(contact_history_key(organization, email), Action::Update(update))
}

fn upsert(organization: OrganizationId, email: &Email, what: &str) -> Expression {
    let text = format!("SET #entity = :entity, #organizationId = :organization, #email = :email, {what}");
    let update = Expression::new(&text).text("entity", ContactHistory::NAME).text("email", email.folded());
    update.text("organization", organization.to_string())
}
