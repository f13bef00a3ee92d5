//! History of a person as a contact of an organization's subscriptions.

use domain::{Email, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::pattern::patterns;
use super::person::person_by_email_key;
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
    /// Time at which an order named the removed person as a contact again; absent if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_again_at: Option<Timestamp>,
    /// Whether the customer with this e-mail is disabled. Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

impl ContactHistory {
    /// Returns whether the person was removed and is not named by a later order.
    pub fn is_removed(&self) -> bool {
        self.removed_at.is_some_and(|removed| self.named_again_at.is_none_or(|named| named < removed))
    }

    /// Returns the time up to which people who were added without a customer record are contacts no longer: that of the
    /// last removal or, while the customer is disabled, the end of time.
    pub fn gone_until(&self) -> Option<Timestamp> {
        match self.disabled {
            true => Some(Timestamp::from_unix_millis(u64::MAX)),
            false => self.removed_at,
        }
    }
}

/// Returns the condition that a person who was added without a customer record at `since` is still a contact.
pub fn is_contact_since(since: Timestamp) -> Expression {
    let text =
        "attribute_not_exists(#disabled) AND (attribute_not_exists(#removedAt) OR #removedAt < :since)";
    Expression::new(text).text("since", since.to_string())
}

impl Entity for ContactHistory {
    const NAME: &'static str = "contact-history";

    fn key(&self) -> Key {
        contact_history_key(self.organization_id, &self.email)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(contact_history_by_email_key(self.organization_id, &self.email))
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

/// Returns the key of the same item in `by-facet`, among the items with the e-mail.
pub(super) fn contact_history_by_email_key(organization: OrganizationId, email: &Email) -> Key {
    person_by_email_key(email, format!("contact#{organization}"))
}

/// Records that a person is a contact of an organization's subscriptions, on the condition that it is for the first
/// time.
pub fn remember_contact(organization: OrganizationId, email: &Email) -> Write {
    let condition = Expression::new("attribute_not_exists(#wasContact)");
    let update = upsert(organization, email, "#wasContact = :yes").bool("yes", true);
    Write::on(condition, contact_history_key(organization, email), Action::Update(update))
}

/// Records that an order names a removed person as a contact again; with `is_first`, also that the person is a contact for
/// the first time.
pub fn remember_contact_again(
    organization: OrganizationId,
    email: &Email,
    is_first: bool,
    now: Timestamp,
) -> Write {
    let at = contact_history_key(organization, email);
    let named = |update: Expression| Action::Update(update.text("now", now.to_string()));
    if !is_first {
        return Write::always(at, named(upsert(organization, email, "#namedAgainAt = :now")));
    }
    let update = upsert(organization, email, "#wasContact = :yes, #namedAgainAt = :now").bool("yes", true);
    Write::on(Expression::new("attribute_not_exists(#wasContact)"), at, named(update))
}

/// Records that a person was removed as a customer of an organization.
pub fn remember_removal(organization: OrganizationId, email: &Email, now: Timestamp) -> Write {
    let update = upsert(organization, email, "#removedAt = :now REMOVE #disabled");
    let update = update.text("now", now.to_string());
    Write::always(contact_history_key(organization, email), Action::Update(update))
}

/// Records that a customer of an organization was disabled or enabled.
pub fn remember_disabling(organization: OrganizationId, email: &Email, is_disabled: bool) -> Write {
    let update = match is_disabled {
        true => upsert(organization, email, "#disabled = :yes").bool("yes", true),
        false => Expression::new("REMOVE #disabled"),
    };
    Write::always(contact_history_key(organization, email), Action::Update(update))
}

fn upsert(organization: OrganizationId, email: &Email, what: &str) -> Expression {
    let text = format!(
        "SET #entity = :entity, #organizationId = :organization, #email = :email, #facetPk = :facetPk, \
         #facetSk = :facetSk, {what}"
    );
    let facet = contact_history_by_email_key(organization, email);
    let update = Expression::new(&text).text("entity", ContactHistory::NAME).text("email", email.folded());
    update.text("organization", organization.to_string()).text("facetPk", facet.pk).text("facetSk", facet.sk)
}
