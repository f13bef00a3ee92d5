//! Events of products, license types and detail fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data::event_data;
use crate::field_kind::FieldKind;
use crate::id::{FieldId, ProductId};
use crate::text::{FieldName, LicenseTypeCode, Name, ProductCode};
use crate::time::Period;

/// Detail field that was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedField {
    /// Id of the field.
    pub id: FieldId,
    /// Name of the field when it was created; 1 to 255 characters.
    pub name: FieldName,
    /// Type of the field's values.
    #[serde(rename = "type")]
    pub kind: FieldKind,
}

event_data! {
    /// Recorded in the vendor's log when a license type is created.
    LicenseTypeCreated {
        /// Code of the license type; 2 to 60 lower-case letters, digits and inner hyphens.
        license_type: LicenseTypeCode,
        /// Name of the license type; 1 to 200 characters.
        name: Name,
        /// Term of each license, from its assignment on, in the time zone of the organization that has it; ISO 8601
        /// duration, at most 100 years.
        term: Period,
    }

    /// Recorded in the vendor's log when a product is created.
    ProductCreated {
        /// Id of the product.
        product_id: ProductId,
        /// Name of the product; 1 to 200 characters.
        name: Name,
        /// The vendor's code of the product; 1 to 100 characters. Absent if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ProductCode>,
    }

    /// Recorded in the vendor's log when the name, the description or the code of a product changes.
    ProductUpdated {
        /// Id of the product.
        product_id: ProductId,
        /// Name of the product after the change; 1 to 200 characters.
        name: Name,
        /// The vendor's code of the product after the change; 1 to 100 characters. Absent if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ProductCode>,
    }

    /// Recorded in the vendor's log when a product is archived: it can no longer be granted or ordered. Existing
    /// entitlements remain.
    ProductArchived {
        /// Id of the product.
        product_id: ProductId,
    }

    /// Recorded in the vendor's log when an archived product is restored: it can be granted and ordered again.
    ProductRestored {
        /// Id of the product.
        product_id: ProductId,
    }

    /// Recorded in the vendor's log when detail fields are created.
    DetailFieldsCreated {
        /// Fields that were created by one request, in its order; 1 to 50.
        fields: Vec<CreatedField>,
    }

    /// Recorded in the vendor's log when the name, configuration, viewers, editors or options of a detail field change.
    DetailFieldUpdated {
        /// Id of the field.
        field_id: FieldId,
        /// Name of the field after the change; 1 to 255 characters.
        field_name: FieldName,
    }

    /// Recorded in the vendor's log when a detail field is archived: it is hidden, and its values are kept.
    DetailFieldArchived {
        /// Id of the field.
        field_id: FieldId,
    }

    /// Recorded in the vendor's log when an archived detail field is restored: it is shown again.
    DetailFieldRestored {
        /// Id of the field.
        field_id: FieldId,
    }
}
