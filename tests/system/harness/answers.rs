//! Answers that the tests meet, as examples in the API's description: refusals, and 202. `UPDATE=1 cargo test` adds the
//! first problem of each code that it meets on a route to the recording, and keeps those that are there. After a text
//! has changed, delete its entry, so that the next update records it anew.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

use crate::golden::file;

const RECORDING: &str = "tests/system/golden/answers.json";

/// Problems by operation id and code; an answer 202 has the code [`ACCEPTED`].
type Recording = BTreeMap<String, BTreeMap<String, Value>>;

/// Stands for the code of an answer 202.
pub const ACCEPTED: &str = "202";

static RECORDED: LazyLock<Mutex<Recording>> = LazyLock::new(|| Mutex::new(read()));

fn read() -> Recording {
    let text = std::fs::read_to_string(file(RECORDING)).unwrap_or_else(|_| "{}".to_owned());
    serde_json::from_str(&text).unwrap()
}

/// Returns the problems of a route by their code.
pub fn of(operation_id: &str) -> BTreeMap<String, Value> {
    RECORDED.lock().unwrap().get(operation_id).cloned().unwrap_or_default()
}

/// Adds an answer to the recording, unless there is one of its code.
pub fn record(operation_id: &str, status: u16, problem: &Value) {
    let code = if status == 202 { ACCEPTED } else { problem["code"].as_str().unwrap_or_default() };
    let is_in_body = problem["errors"][0]["pointer"].as_str().is_some_and(|pointer| !pointer.is_empty());
    let tells_enough = match status {
        400 => is_in_body && problem.to_string().len() < 1000,
        403 | 409 | 422 => problem.to_string().len() < 2000,
        202 => true,
        _ => false,
    };
    let mut recorded = RECORDED.lock().unwrap();
    let of_route = recorded.entry(operation_id.to_owned()).or_default();
    if tells_enough && !of_route.contains_key(code) {
        let mut problem = problem.clone();
        if status >= 400 {
            problem["requestId"] = "JKJaXmPLvHcESHA".into();
        }
        // A few items show the form of a list.
        for list in problem.as_object_mut().into_iter().flat_map(|answer| answer.values_mut()) {
            if let Value::Array(items) = list {
                items.truncate(5);
            }
        }
        of_route.insert(code.to_owned(), problem);
        recorded.retain(|_, problems| !problems.is_empty());
        std::fs::write(file(RECORDING), serde_json::to_string_pretty(&*recorded).unwrap() + "\n").unwrap();
    }
}
