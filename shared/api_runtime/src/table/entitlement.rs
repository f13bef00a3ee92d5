//! Entitlements, and the reservations by which they are found.

use domain::{Entitlement, EntitlementId, EntitlementName, EntitlementNumber, Owner, ProductId};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment, unique};
use super::organization::organization_partition;
use super::pattern::{Index, patterns};
use super::product::PRODUCTS;

/// Prefix of the sort keys of entitlements.
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

/// Reservation of an entitlement's number or external id. It makes the value unique and refers to the entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementReservation {
    /// Key of the reservation, which contains the number or external id.
    #[serde(flatten)]
    pub at: Key,
    /// Owner of the entitlement: an organization or a customer.
    #[serde(flatten)]
    pub owner: Owner,
    /// Id of the entitlement.
    pub entitlement_id: EntitlementId,
}

impl EntitlementReservation {
    /// Reserves a name of an entitlement: its number or its external id.
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
    /// an entitlement of an organization or a customer
    lookup EntitlementOf(owner: Owner, entitlement: EntitlementId) -> Entitlement {
        entitlement_key(*owner, *entitlement),
        "`ORG#<organization>` or `CUSTOMER#<customer>` · `ENTITLEMENT#<entitlement>`"
    }
    /// the entitlement with an id, a number or an external id
    lookup EntitlementByName(name: EntitlementName) -> EntitlementReservation {
        entitlement_name_key(name),
        "`UNIQUE#entitlement-number#<number>` or `UNIQUE#entitlement-external-id#VENDOR#<external id>` · `-`"
    }
    /// the entitlements of an organization or a customer
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

/// Returns the partition of an owner of entitlements: an organization or a customer.
pub(super) fn owner_partition(owner: Owner) -> String {
    match owner {
        Owner::Organization(organization) => organization_partition(organization),
        Owner::Customer(customer) => format!("CUSTOMER#{customer}"),
    }
}

/// Returns the key of an entitlement.
pub(super) fn entitlement_key(owner: Owner, entitlement: EntitlementId) -> Key {
    Key::new(owner_partition(owner), format!("{ENTITLEMENTS}{entitlement}"))
}

/// Returns the partition, in `by-facet`, of the entitlements to a product.
pub(super) fn entitlements_of_product(product: ProductId) -> String {
    format!("{PRODUCTS}{product}")
}

/// Returns the key of an entitlement among those to its product, in `by-facet`.
pub(super) fn entitlement_of_product_key(product: ProductId, entitlement: EntitlementId) -> Key {
    Key::new(entitlements_of_product(product), entitlement.to_string())
}

/// Returns the key of the reservation of an entitlement's name. The number follows from the id, so one reservation
/// serves both; external ids are unique among those of the vendor.
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
