//! Customers, who may belong to an organization.

use domain::customer::Creator;
use domain::search::sort_key;
use domain::{Customer, CustomerId, Email, ExternalId, Id, Name, OrganizationId, Owner};

use super::count::Count;
use super::entitlement::owner_partition;
use super::item::Entity;
use super::key::{Key, PROFILE, segment, unique};
use super::name_index::{NameScope, NamedRecord};
use super::organization::organization_partition;
use super::pattern::{Index, patterns};
use super::person::{people_with, record_by_email_key};
use super::reservation::{EmailOwner, EmailReservation, Reservation, creator};

/// Prefix of the sort keys, in `by-key`, of the customers of an organization.
pub(super) const CUSTOMERS: &str = "CUSTOMER#";

impl Entity for Customer {
    const NAME: &'static str = "customer";

    fn key(&self) -> Key {
        customer_key(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let organization = self.organization_id.filter(|_| self.removed_at.is_none())?;
        Some(customer_of_organization_key(organization, &self.name, self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        record_by_email_key(&self.email, self.id, self.removed_at, self.erased_at)
    }
}

patterns! {
    /// the number of contact managers of an organization
    lookup CountOfManagers(organization: OrganizationId) -> Count {
        count_of_managers_key(*organization),
        "`ORG#<organization>` · `COUNT#MANAGER`"
    }
    /// a customer
    lookup CustomerById(customer: CustomerId) -> Customer {
        customer_key(*customer),
        "`CUSTOMER#<customer>` · `PROFILE`"
    }
    /// the customer with an e-mail in an organization, or among the customers without one
    lookup EmailInOrganization(organization: Option<OrganizationId>, email: Email) -> EmailReservation {
        customer_email_key(*organization, email),
        "`UNIQUE#customer-email#<organization or NONE>#<e-mail>` · `-`"
    }
    /// the customers of an organization, by name
    list CustomersOfOrganization(organization: OrganizationId) -> Customer {
        Index::ByKey, organization_partition(*organization), CUSTOMERS,
        "in `by-key` `ORG#<organization>` · `CUSTOMER#<folded name>#<customer>`"
    }
    /// the customers with an e-mail
    list CustomersByEmail(email: Email) -> Customer {
        Index::ByFacet, people_with(email), CustomerId::PREFIX,
        "in `by-facet` `EMAIL#<e-mail>` · `<customer>`"
    }
}

/// Returns the key of the number of an organization's contact managers.
pub(super) fn count_of_managers_key(organization: OrganizationId) -> Key {
    Key::new(organization_partition(organization), "COUNT#MANAGER")
}

/// Returns the key of a customer.
pub(super) fn customer_key(customer: CustomerId) -> Key {
    Key::new(owner_partition(Owner::Customer(customer)), PROFILE)
}

/// Returns the key of a customer among those of its organization, in `by-key`.
pub(super) fn customer_of_organization_key(
    organization: OrganizationId,
    name: &Name,
    customer: CustomerId,
) -> Key {
    let sk = format!("{CUSTOMERS}{}#{customer}", sort_key(name.as_str()));
    Key::new(organization_partition(organization), sk)
}

impl NamedRecord for Customer {
    fn record_id(&self) -> String {
        self.id.to_string()
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn name_scopes(&self) -> Vec<NameScope> {
        if self.removed_at.is_some() {
            return Vec::new();
        }
        let organization = self.organization_id.map(NameScope::Customers);
        [NameScope::People].into_iter().chain(organization).collect()
    }
}

/// Returns the scope in which an e-mail is unique: an organization, or `NONE` for all customers without one.
fn within(organization: Option<OrganizationId>) -> String {
    organization.map_or_else(|| "NONE".to_owned(), |organization| organization.to_string())
}

/// Returns the key of the reservation of a customer's e-mail in its organization.
pub(super) fn customer_email_key(organization: Option<OrganizationId>, email: &Email) -> Key {
    unique("customer-email", format!("{}#{}", within(organization), segment(email.folded())))
}

/// Returns the key of the reservation of a customer's external id, which is unique among those of its creator: an
/// organization, a partner or the vendor (`None`).
pub(super) fn customer_external_id_key(by: Option<Creator>, external_id: &ExternalId) -> Key {
    unique("customer-external-id", format!("{}#{}", creator(by), segment(external_id.as_str())))
}

impl EmailReservation {
    /// Reserves a customer's e-mail in its organization.
    pub fn of_customer(customer: &Customer) -> Self {
        let at = customer_email_key(customer.organization_id, &customer.email);
        let owner = Some(customer.id.to_string());
        let person = EmailOwner { owner, manager: customer.manager, removals: None };
        Self::new(at, person, customer.disabled_at.is_some())
    }
}

impl Reservation {
    /// Reserves a customer's external id, if it has one, among those of its creator: an organization, a partner or the
    /// vendor.
    pub fn customer_external_id(customer: &Customer) -> Option<Self> {
        let at = customer_external_id_key(customer.created_by, customer.external_id.as_ref()?);
        Some(Self::new(at, customer.id))
    }
}
