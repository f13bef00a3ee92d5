//! Detail fields: attributes of every entitlement, defined by operators.

automod::dir!(pub "src/details");

use api_runtime::table::{Count, CountOfFields, count};
use api_runtime::{Change, ConditionFailure};
use deserr::Deserr;
use domain::detail::MOST_FIELDS;
use domain::{ErrorKind, Fault, FaultPointer, Faults, FieldId};
use schemars::JsonSchema;

/// Path of a detail field.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct DetailFieldPath {
    /// Id of the detail field.
    field_id: FieldId,
}

const NAME_TAKEN: ErrorKind = ErrorKind::state("detail-field-name-taken", "another field has this name");
const LIMIT: ErrorKind = ErrorKind::state(
    "detail-field-limit",
    "there are already 50 fields that are not archived: archive one first",
);

/// Counts `more` fields that are not archived. If there would be more than [`MOST_FIELDS`], rejects the change with a
/// fault at the field `at` of the body.
fn count_more(change: &mut Change, more: usize, at: &'static [&'static str]) {
    let most = u64::try_from(MOST_FIELDS).unwrap_or(u64::MAX);
    let counted = count::add(u64::try_from(more).unwrap_or(u64::MAX), most);
    change.update(&CountOfFields(), counted, move |there: Option<Count>| {
        let steps: Vec<&dyn std::fmt::Display> = at.iter().map(|step| step as _).collect();
        let fault = Fault::new(FaultPointer::pointer(&steps), LIMIT.code, LIMIT.about);
        ConditionFailure::by_state(fault.with_limit(most, there.map(|there| there.count)))
    });
}
