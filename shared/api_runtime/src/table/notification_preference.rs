//! Notification preferences of people.

use domain::OrganizationId;
use domain::service_request::{NotificationPreference, Person};

use super::item::Entity;
use super::key::Key;
use super::organization::organization_partition;
use super::pattern::patterns;
use super::person::person_by_email_key;
use super::service_request::person_segment;

impl Entity for NotificationPreference {
    const NAME: &'static str = "notification-preference";

    fn key(&self) -> Key {
        preference_key(self.organization_id, &self.person)
    }

    fn by_facet(&self) -> Option<Key> {
        match &self.person {
            Person::Unrecorded { email } => {
                Some(person_by_email_key(email, format!("preference#{}", self.organization_id)))
            }
            Person::Member { .. } | Person::Customer { .. } => None,
        }
    }
}

patterns! {
    /// the notification preference of a person in an organization
    lookup PreferenceOf(organization: OrganizationId, person: Person) -> NotificationPreference {
        preference_key(*organization, person),
        "`ORG#<organization>` · `PREFERENCE#<member, customer or e-mail>`"
    }
}

/// Returns the key of a person's notification preference in an organization.
pub(super) fn preference_key(organization: OrganizationId, person: &Person) -> Key {
    Key::new(organization_partition(organization), format!("PREFERENCE#{}", person_segment(person)))
}
