//! Detail fields.

use domain::search::unique_form;
use domain::{DetailField, FieldName};

use super::count::Count;
use super::item::Entity;
use super::key::{CATALOG, Key, segment};
use super::pattern::{Index, patterns};

/// What the sort keys of detail fields begin with.
pub(super) const FIELDS: &str = "FIELD#";

impl Entity for DetailField {
    const NAME: &'static str = "detail-field";

    fn key(&self) -> Key {
        field_key(&self.name)
    }
}

patterns! {
    /// how many detail fields there are that are not archived
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

/// A detail field. Its name is its place, so that no two have one name.
pub(super) fn field_key(name: &FieldName) -> Key {
    Key::new(CATALOG, format!("{FIELDS}{}", segment(&unique_form(name.as_str()))))
}

/// How many detail fields there are that are not archived.
pub(super) fn count_of_fields_key() -> Key {
    Key::new(CATALOG, "COUNT#FIELD")
}
