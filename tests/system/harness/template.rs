//! Actions at the table that `template.yaml` allows each function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use local_stack::fault_proxy::Action;

/// Returns the name of an operation in the template: `assign-license` becomes `AssignLicense`.
pub fn camel(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}

/// Actions that the policy of each operation allows, as read from the template.
pub static POLICIES: LazyLock<Arc<BTreeMap<String, BTreeSet<Action>>>> =
    LazyLock::new(|| Arc::new(policies()));

fn policies() -> BTreeMap<String, BTreeSet<Action>> {
    let template = include_str!("../../../template.yaml");
    let policy = |name: &str| {
        let begin = format!("\n  {}Role:\n", camel(name));
        let role = template.split_once(&begin).map_or("", |(_, rest)| rest);
        let role = role.split("\n\n").next().unwrap();
        let statements = role.split("- Effect: Allow").skip(1);
        statements.flat_map(allowed).collect()
    };
    let names = functions::operations().into_iter().map(|entry| entry.description.name);
    let names = names.chain([functions::SCHEDULE.name]);
    names.map(|name| (name.to_owned(), policy(name))).collect()
}

fn allowed(statement: &str) -> Vec<Action> {
    let of = |name: &str| {
        let line = statement.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_default().trim()
    };
    let index = of("Resource:").split_once("/index/").map(|(_, name)| name.trim_end_matches('"').to_owned());
    let actions = of("Action:").trim_matches(['[', ']']).split(", ");
    let actions = actions.filter_map(|action| action.strip_prefix("dynamodb:"));
    actions.map(|action| (action.to_owned(), index.clone())).collect()
}
