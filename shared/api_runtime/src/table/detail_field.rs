//! Detail fields.

use domain::search::unique_form;
use domain::{DetailField, FieldName};

use super::count::Count;
use super::item::Entity;
use super::key::{CATALOG, Key, segment};
use super::pattern::{Index, patterns};

/// Prefix of the sort keys of detail fields.
pub(super) const FIELDS: &str = "FIELD#";

impl Entity for DetailField {
    const NAME: &'static str = "detail-field";

    fn key(&self) -> Key {
        field_key(&self.name)
    }
}

patterns! {
    /// the number of detail fields that are not archived
    lookup CountOfFields() -> Count {
        count_of_fields_key(),
        "`CATALOG` · `COUNT#FIELD`"
    }
    /// all detail fields
    list DetailFields() -> DetailField {
        Index::Table, CATALOG.to_owned(), FIELDS,
        "`CATALOG` · `FIELD#<name>`"
    }
}

/// Returns the key of a detail field. It contains the name, which makes the name unique.
pub(super) fn field_key(name: &FieldName) -> Key {
    Key::new(CATALOG, format!("{FIELDS}{}", segment(&unique_form(name.as_str()))))
}

/// Returns the key of the number of detail fields that are not archived.
pub(super) fn count_of_fields_key() -> Key {
    Key::new(CATALOG, "COUNT#FIELD")
}
