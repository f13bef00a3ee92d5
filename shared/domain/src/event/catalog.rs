//! What happens to products, license types and detail fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data::event_data;
use crate::field_kind::FieldKind;
use crate::id::{FieldId, ProductId};
use crate::text::{FieldName, LicenseTypeCode, Name, ProductCode};
use crate::time::Period;

/// A detail field, as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedField {
    /// Its id.
    pub id: FieldId,
    /// Its name then.
    pub name: FieldName,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: FieldKind,
}

event_data! {
    /// A license type exists.
    LicenseTypeCreated {
        /// Its code.
        license_type: LicenseTypeCode,
        /// Its name.
        name: Name,
        /// Its term.
        term: Period,
    }

    /// A product exists.
    ProductCreated {
        /// Its id.
        product_id: ProductId,
        /// Its name.
        name: Name,
        /// The vendor's code for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ProductCode>,
    }

    /// A product has another name, description or code.
    ProductUpdated {
        /// Its id.
        product_id: ProductId,
        /// Its name now.
        name: Name,
        /// The vendor's code for it now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ProductCode>,
    }

    /// Nothing new of a product can be owned any more.
    ProductArchived {
        /// Its id.
        product_id: ProductId,
    }

    /// A product can be owned again.
    ProductRestored {
        /// Its id.
        product_id: ProductId,
    }

    /// Detail fields exist.
    DetailFieldsCreated {
        /// Which.
        fields: Vec<CreatedField>,
    }

    /// A detail field has another name, place, audience or other options.
    DetailFieldUpdated {
        /// Which.
        field_id: FieldId,
        /// Its name now.
        field: FieldName,
    }

    /// A detail field is hidden; its values are kept.
    DetailFieldArchived {
        /// Which.
        field_id: FieldId,
    }

    /// A detail field is shown again.
    DetailFieldRestored {
        /// Which.
        field_id: FieldId,
    }
}
