//! Products.

use domain::search::unique_form;
use domain::{Name, Product, ProductCode, ProductId};

use super::item::Entity;
use super::key::{CATALOG, Key, segment, unique};
use super::pattern::{Index, patterns};
use super::reservation::Reservation;

/// Prefix of the sort keys of products.
pub(super) const PRODUCTS: &str = "PRODUCT#";

impl Entity for Product {
    const NAME: &'static str = "product";

    fn key(&self) -> Key {
        product_key(self.id)
    }
}

patterns! {
    /// a product
    lookup ProductById(product: ProductId) -> Product {
        product_key(*product),
        "`CATALOG` · `PRODUCT#<product>`"
    }
    /// the product with a code
    lookup ProductByCode(code: ProductCode) -> Reservation {
        product_code_key(code),
        "`UNIQUE#product-code#<code>` · `-`"
    }
    /// all products
    list Products() -> Product {
        Index::Table, CATALOG.to_owned(), PRODUCTS,
        "`CATALOG` · `PRODUCT#…`"
    }
}

/// Returns the key of a product.
pub(super) fn product_key(product: ProductId) -> Key {
    Key::new(CATALOG, format!("{PRODUCTS}{product}"))
}

/// Returns the key of the reservation of a product's name.
pub(super) fn product_name_key(name: &Name) -> Key {
    unique("product-name", segment(&unique_form(name.as_str())))
}

/// Returns the key of the reservation of a product's code.
pub(super) fn product_code_key(code: &ProductCode) -> Key {
    unique("product-code", segment(code.as_str()))
}

impl Reservation {
    /// Reserves a product's name.
    pub fn product_name(name: &Name, owner: ProductId) -> Self {
        Self::new(product_name_key(name), owner)
    }

    /// Reserves a product's code.
    pub fn product_code(code: &ProductCode, owner: ProductId) -> Self {
        Self::new(product_code_key(code), owner)
    }
}
