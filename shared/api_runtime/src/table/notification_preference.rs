//! Notification preferences of people.

use domain::service_request::NotificationPreference;
use domain::{Email, OrganizationId, PartnerId};

use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::pattern::patterns;

impl Entity for NotificationPreference {
    const NAME: &'static str = "notification-preference";

    fn key(&self) -> Key {
        let partner = self.person.membership.map(|of| of.partner_id);
        preference_key(self.organization_id, partner, &self.person.email)
    }
}

patterns! {
    /// the notification preference of a partner's member, or of a customer, in an organization
    lookup PreferenceOf(organization: OrganizationId, partner: Option<PartnerId>, email: Email) -> NotificationPreference {
        preference_key(*organization, *partner, email),
        "`ORG#<organization>` · `PREFERENCE#<partner or CUSTOMER>#<e-mail>`"
    }
}

/// Returns the key of a person's notification preference in an organization: a partner's member, or a customer
/// (`None`).
pub(super) fn preference_key(organization: OrganizationId, partner: Option<PartnerId>, email: &Email) -> Key {
    let of = partner.map_or_else(|| "CUSTOMER".to_owned(), |partner| partner.to_string());
    Key::new(organization_partition(organization), format!("PREFERENCE#{of}#{}", segment(email.folded())))
}
