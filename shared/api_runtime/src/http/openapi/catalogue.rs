//! Catalogue of the error codes.

use std::collections::BTreeMap;

use domain::fault::SHAPE_CODES;
use serde_json::{Map, Value, json};

use super::description::Description;
use super::parameters::put;
use crate::http::problem::{COMMON_CODES, status};

/// An error code, with the HTTP status of the problem that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedCode {
    /// HTTP status of the problem.
    pub status: u16,
    /// Code in kebab-case.
    pub code: &'static str,
    /// Explanation for people, in one sentence.
    pub about: &'static str,
}

/// Returns the codes that a problem can have, by status and code.
pub fn problem_codes(operations: &[Description]) -> Vec<ListedCode> {
    let mut codes: BTreeMap<(u16, &str), ListedCode> = BTreeMap::new();
    let common = COMMON_CODES.iter().map(|(status, code, about)| ListedCode { status: *status, code, about });
    let own = operations.iter().flat_map(|description| description.errors.into_iter().flatten());
    let own = own.map(|kind| ListedCode { status: status(kind.kind).0, code: kind.code, about: kind.about });
    for listed in common.chain(own) {
        codes.entry((listed.status, listed.code)).or_insert(listed);
    }
    codes.into_values().collect()
}

/// Returns the codes that faults in the form of a request (400) have, in the order of the alphabet.
pub fn fault_codes() -> Vec<ListedCode> {
    let mut codes: Vec<_> =
        SHAPE_CODES.iter().map(|(code, about)| ListedCode { status: 400, code, about }).collect();
    codes.sort_by_key(|listed| listed.code);
    codes
}

/// Adds the catalogue to the named schemas, and lets the codes of problems and faults refer to it. The codes are no closed
/// set: a client must take those that are added later.
pub(super) fn add_to(schemas: &mut Map<String, Value>, operations: &[Description]) {
    let line = |listed: &ListedCode| format!("- `{}` ({}): {}", listed.code, listed.status, listed.about);
    let problems: Vec<String> = problem_codes(operations).iter().map(line).collect();
    let faults: Vec<String> = fault_codes().iter().map(line).collect();
    let problems = format!(
        "Stable code of a problem in kebab-case, for programs. More codes may be added. With their HTTP \
         status:\n\n{}",
        problems.join("\n")
    );
    let faults = format!(
        "Stable code of a fault in kebab-case, for programs. More codes may be added. In a problem with \
         another status than 400 it is one of `ErrorCode`; with 400:\n\n{}",
        faults.join("\n")
    );
    for (owner, name, description) in [("Problem", "ErrorCode", problems), ("Fault", "FaultCode", faults)] {
        schemas.insert(name.to_owned(), json!({ "type": "string", "description": description }));
        if let Some(properties) = schemas.get_mut(owner).and_then(|owner| owner.get_mut("properties")) {
            put(
                properties,
                "code",
                json!({ "$ref": format!("#/components/schemas/{name}"), "description": "Stable code, for programs." }),
            );
        }
    }
}
