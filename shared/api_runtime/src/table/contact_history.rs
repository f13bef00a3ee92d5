//! History of a person as a contact of an organization's subscriptions.

use domain::{Email, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::pattern::patterns;
use super::write::{Action, Expression, Write};

/// History of a person as a contact of an organization's subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactHistory {
    /// Organization that the subscriptions belong to.
    pub organization_id: OrganizationId,
    /// E-mail of the person.
    pub email: Email,
    /// Whether the person is or was a contact of a subscription. A person who becomes a contact again is not welcomed
    /// again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_contact: bool,
    /// Time of the person's last removal as a customer of the organization; absent if there was none. A contact without
    /// a customer record that was added at or before this time is no longer a contact.
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
    /// the history of a person as a contact of an organization's subscriptions
    lookup ContactHistoryOf(organization: OrganizationId, email: Email) -> ContactHistory {
        contact_history_key(*organization, email),
        "`ORG#<organization>` · `CONTACT_HISTORY#<e-mail>`"
    }
}

/// Returns the key of a person's history as a contact of an organization's subscriptions.
pub(super) fn contact_history_key(organization: OrganizationId, email: &Email) -> Key {
    Key::new(organization_partition(organization), format!("CONTACT_HISTORY#{}", segment(email.folded())))
}

/// Records that a person is a contact of an organization's subscriptions, on the condition that it is for the first
/// time.
pub fn remember_contact(organization: OrganizationId, email: &Email) -> Write {
    let condition = Expression::new("attribute_not_exists(#wasContact)");
    let update = upsert(organization, email, "#wasContact = :yes").bool("yes", true);
    Write::on(condition, contact_history_key(organization, email), Action::Update(update))
}

/// Records that a person was removed as a customer of an organization.
pub fn remember_removal(organization: OrganizationId, email: &Email, now: Timestamp) -> Write {
    let update = upsert(organization, email, "#removedAt = :now").text("now", now.to_string());
    Write::always(contact_history_key(organization, email), Action::Update(update))
}

fn upsert(organization: OrganizationId, email: &Email, what: &str) -> Expression {
    let text = format!("SET #entity = :entity, #organizationId = :organization, #email = :email, {what}");
    let update = Expression::new(&text).text("entity", ContactHistory::NAME).text("email", email.folded());
    update.text("organization", organization.to_string())
}
