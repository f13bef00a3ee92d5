//! Products, to which organizations and customers have entitlements.

automod::dir!(pub "src/products");

use api_runtime::table::{self, BatchResult, ProductById, Reservation};
use api_runtime::{Change, ConditionFailure, Failure};
use deserr::Deserr;
use domain::{ErrorKind, Faults, Name, Product, ProductCode, ProductId};
use schemars::JsonSchema;
use serde::Serialize;

/// Path of a product.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ProductPath {
    /// Id of the product.
    product_id: ProductId,
}

/// Current name and code of a product.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProductName {
    /// Display name: 1 to 200 characters.
    pub name: Name,
    /// The vendor's own code for the product: 1 to 100 characters; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ProductCode>,
}

impl ProductName {
    /// Takes the name and code of a product from the result of a read; `None` if the product is not found.
    ///
    /// # Errors
    ///
    /// Never for items that Vouchsafe wrote.
    pub fn among(found: &BatchResult, product: ProductId) -> Result<Option<Self>, Failure> {
        let product = found.get(&ProductById(product))?;
        Ok(product.map(|Product { name, code, .. }| Self { name, code }))
    }
}

const NAME_TAKEN: ErrorKind = ErrorKind::state("product-name-taken", "another product has this name");
const CODE_TAKEN: ErrorKind = ErrorKind::state("product-code-taken", "another product has this code");

/// Reserves a product's name and code, and frees those that it had `before`.
fn reserve(change: &mut Change, product: &Product, before: Option<&Product>) -> Result<(), table::Error> {
    let name = |product: &Product| Some(Reservation::product_name(&product.name, product.id));
    let code =
        |product: &Product| product.code.as_ref().map(|code| Reservation::product_code(code, product.id));
    for (field, reason, wanted, reserved) in [
        ("name", NAME_TAKEN, name(product), before.and_then(name)),
        ("code", CODE_TAKEN, code(product), before.and_then(code)),
    ] {
        if wanted == reserved {
            continue;
        }
        reserved.iter().for_each(|reserved| change.remove(reserved));
        if let Some(wanted) = wanted {
            change.create_or_reject(&wanted, move |other| {
                ConditionFailure::held_by(&reason, other.owner, &[&field])
            })?;
        }
    }
    Ok(())
}
