//! Entitlements, and the names under which they are found.

use domain::{Entitlement, EntitlementId, EntitlementName, EntitlementNumber, Owner, ProductId};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment, unique};
use super::organization::organization_partition;
use super::pattern::{Index, patterns};
use super::product::PRODUCTS;

/// What the sort keys of entitlements begin with.
pub(super) const ENTITLEMENTS: &str = "ENTITLEMENT#";

impl Entity for Entitlement {
    const NAME: &'static str = "entitlement";

    fn key(&self) -> Key {
        entitlement_key(self.owner, self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(entitlement_of_product_key(self.product_id, self.id))
    }
}

/// Where the entitlement is that has a number or an external id. It makes that unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementReservation {
    /// The number or external id, as the reservation's key.
    #[serde(flatten)]
    pub at: Key,
    /// Whose it is.
    #[serde(flatten)]
    pub owner: Owner,
    /// The entitlement.
    pub entitlement_id: EntitlementId,
}

impl EntitlementReservation {
    /// Gives an entitlement one of its names.
    pub fn of(entitlement: &Entitlement, name: &EntitlementName) -> Self {
        let at = entitlement_name_key(name);
        Self { at, owner: entitlement.owner, entitlement_id: entitlement.id }
    }
}

impl Entity for EntitlementReservation {
    const NAME: &'static str = "entitlement-reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

patterns! {
    /// an entitlement of a person or an organization
    lookup EntitlementOf(owner: Owner, entitlement: EntitlementId) -> Entitlement {
        entitlement_key(*owner, *entitlement),
        "`ORG#<organization>` or `CUSTOMER#<customer>` · `ENTITLEMENT#<entitlement>`"
    }
    /// where the entitlement is that has an id, a number or an external id
    lookup EntitlementByName(name: EntitlementName) -> EntitlementReservation {
        entitlement_name_key(name),
        "`UNIQUE#entitlement-number#<number>` or `UNIQUE#entitlement-external-id#VENDOR#<external id>` · `-`"
    }
    /// the entitlements of a person or an organization
    list EntitlementsOf(owner: Owner) -> Entitlement {
        Index::Table, owner_partition(*owner), ENTITLEMENTS,
        "`ORG#<organization>` or `CUSTOMER#<customer>` · `ENTITLEMENT#…`"
    }
    /// the entitlements to a product
    list EntitlementsOfProduct(product: ProductId) -> Entitlement {
        Index::ByFacet, entitlements_of_product(*product), "",
        "in `by-facet` `PRODUCT#<product>` · `<entitlement>`"
    }
}

/// The partition of who owns entitlements: a person, or an organization.
pub(super) fn owner_partition(owner: Owner) -> String {
    match owner {
        Owner::Organization(organization) => organization_partition(organization),
        Owner::Customer(customer) => format!("CUSTOMER#{customer}"),
    }
}

/// An entitlement.
pub(super) fn entitlement_key(owner: Owner, entitlement: EntitlementId) -> Key {
    Key::new(owner_partition(owner), format!("{ENTITLEMENTS}{entitlement}"))
}

/// The partition, in `by-facet`, of the entitlements of a product.
pub(super) fn entitlements_of_product(product: ProductId) -> String {
    format!("{PRODUCTS}{product}")
}

/// An entitlement among those of its product.
pub(super) fn entitlement_of_product_key(product: ProductId, entitlement: EntitlementId) -> Key {
    Key::new(entitlements_of_product(product), entitlement.to_string())
}

/// The reservation of one of an entitlement's names. The number follows from the id, and so one serves both; external
/// ids are the vendor's.
pub(super) fn entitlement_name_key(name: &EntitlementName) -> Key {
    match name {
        EntitlementName::Id(id) => unique("entitlement-number", EntitlementNumber::of(*id).to_string()),
        EntitlementName::Number(number) => unique("entitlement-number", number.to_string()),
        EntitlementName::ExternalId(external_id) => {
            let value = segment(external_id.get().as_str());
            unique("entitlement-external-id", format!("VENDOR#{value}"))
        }
    }
}
