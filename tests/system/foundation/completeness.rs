//! Checks that each operation is complete; a failure names the missing part.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::http::openapi::{Example, document};
use local_stack::demo;
use serde_json::Value;
use system::canonical::Canonical;
use system::golden::{self, file};
use system::{World, answers, canonical};

use super::recording::{self, Recorded};

fn names_in(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(file(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

#[test]
fn every_operation_has_a_function_source_file_tests_and_payloads() {
    let operations = functions::operations().into_iter();
    let operations = operations.map(|entry| (entry.area, entry.description.name));
    let functions::Schedule { area, name, .. } = functions::SCHEDULE;
    for (area, name) in operations.chain([(area, name)]) {
        assert!(functions::function(name).is_ok(), "the executable does not run {name}");
        let snake = name.replace('-', "_");
        for path in [format!("functions/src/{area}/{snake}.rs"), format!("tests/system/{area}/{snake}.rs")] {
            assert!(file(&path).exists(), "{path} is missing");
        }
    }
    let refused = functions::function("assign-licence").err().unwrap();
    assert!(refused.contains("`assign-licence`") && refused.contains("assign-license"), "{refused}");
    for Canonical { area, operation, id, .. } in canonical::all() {
        let path = format!("tests/system/{area}/{}.rs", operation.replace('-', "_"));
        let declares = std::fs::read_to_string(file(&path)).unwrap().contains(&format!("\"{id}\""));
        assert!(declares, "{path} does not declare the canonical call of `{id}`: `Payload::of(\"{id}\", …)`");
    }
    let ids = canonical::all().into_iter().map(|call| call.id).chain([name.to_owned()]);
    assert_eq!(names_in("events", ".json"), ids.collect(), "payloads and routes differ");
}

#[test]
fn operation_names_and_routes_are_unique_and_well_formed() {
    let (mut names, mut routes) = (BTreeSet::new(), BTreeMap::new());
    for entry in functions::operations() {
        let described = entry.description;
        let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(described.name.chars().all(kebab) && described.name.contains('-'), "{}", described.name);
        // A function's name, `<stack>-<operation>`, has at most 64 characters, of which
        // DEPLOYMENT.md promises 33 to the stack.
        assert!(described.name.len() <= 30, "{} is too long for a function's name", described.name);
        assert!(names.insert(described.name), "{} twice", described.name);
        for route in described.routes {
            assert!(route.path.starts_with("/v1/") || route.path == "/", "{}", route.path);
            assert_eq!(routes.insert(route.key(), described.name), None, "{} twice", route.key());
            assert_eq!(
                route.owner.or(route.id).is_some(),
                described.routes.len() > 1,
                "{}: owners tell routes apart",
                described.name
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_world_is_deterministic_and_reloading_changes_nothing() {
    let world = World::demo().await;
    let before = world.contents().await;
    let again = world.post("/_local/demo").send().await.ok();
    if golden::updating() {
        let ids = serde_json::to_string_pretty(&again["ids"]).unwrap();
        std::fs::write(file("tests/local/src/demo.json"), ids + "\n").unwrap();
    }
    assert_eq!(again["ids"], demo::ids());
    assert_eq!(again["tokens"].as_object().unwrap().len(), demo::people(&demo::ids()).len());
    world.assert_unchanged(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_document_matches_operations_and_canonical_calls() {
    let mut others: BTreeMap<String, BTreeMap<u16, Value>> = BTreeMap::new();
    for Recorded { call, reply, .. } in recording::further_calls().await {
        let of_route = others.entry(call.id.clone()).or_default();
        of_route.entry(reply.status).or_insert_with(|| reply.body.clone());
    }
    let mut examples = BTreeMap::new();
    for Recorded { call, reply, .. } in recording::canonical_calls().await {
        if call.operation == "get-openapi" {
            continue;
        }
        let mut problems = answers::of(&call.id);
        if let Some(accepted) = problems.remove(answers::ACCEPTED) {
            others.entry(call.id.clone()).or_default().insert(202, accepted);
        }
        let example = Example {
            request: call.body(),
            status: reply.status,
            response: reply.body.clone(),
            path: call.path(),
            others: others.get(&call.id).cloned().unwrap_or_default(),
            refusals: recording::refusals(call).await,
            problems,
        };
        examples.insert(call.id.clone(), example);
    }
    let operations: Vec<_> =
        functions::operations().iter().map(|entry| (entry.area, entry.description)).collect();
    let written =
        serde_json::to_string_pretty(&document(functions::AREAS, &operations, &examples)).unwrap() + "\n";
    golden::check("functions/src/service/openapi.json", &written);
}

/// Generators of clients lose the properties of a schema that has alternatives beside them, and number the classes of
/// alternatives without a name.
#[test]
fn schemas_have_shapes_that_generators_understand() {
    let document = description();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let alternatives = schema.get("oneOf").or(schema.get("anyOf"));
        assert!(
            alternatives.is_none() || schema.get("properties").is_none(),
            "{name} has alternatives beside properties"
        );
        for alternative in alternatives.and_then(Value::as_array).into_iter().flatten() {
            assert!(alternative.get("properties").is_none(), "{name} has an alternative without a name");
            assert!(alternative.get("const").is_none(), "{name} is no `enum`");
        }
    }
    let event = &document["components"]["schemas"]["HistoryEvent"];
    let mapped = event["discriminator"]["mapping"].as_object().unwrap();
    assert_eq!(event["discriminator"]["propertyName"], "type");
    assert_eq!(mapped.len(), event["oneOf"].as_array().unwrap().len());
    assert_eq!(mapped["license.assigned"], "#/components/schemas/LicenseAssignedEvent");
}

#[test]
fn every_answer_is_described_with_an_example() {
    let document = description();
    let mut without = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = match response["$ref"].as_str() {
                    Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                    None => response,
                };
                let contents = response["content"].as_object().into_iter().flatten();
                let mut json = contents.filter(|(media, _)| media.ends_with("json"));
                // With `validateOnly` the answer is that of 201, and the document is no example of itself.
                let excused = status == "304"
                    || path == "/v1/openapi.json"
                    || status == "200" && !operation["responses"]["201"].is_null();
                if !excused
                    && !json
                        .any(|(_, content)| !content["example"].is_null() || !content["examples"].is_null())
                {
                    without.push(format!("{method} {path}: {status}"));
                }
            }
        }
    }
    assert_eq!(without, Vec::<String>::new());
}

fn description() -> Value {
    serde_json::from_str(&std::fs::read_to_string(file("functions/src/service/openapi.json")).unwrap())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn published_schedule_payload_runs_the_due_work() {
    let world = World::demo().await;
    let name = functions::SCHEDULE.name;
    let payload = std::fs::read(file(&format!("events/{name}.json"))).unwrap();
    let invoked = world.post(&format!("/_local/invoke/{name}")).bytes(&payload).send().await;
    assert_eq!((invoked.header("x-amz-function-error"), &invoked.body["failed"]), (None, &0.into()));
}

#[test]
fn every_area_is_described() {
    let described: BTreeSet<&str> = functions::AREAS.iter().map(|area| area.name).collect();
    let used: BTreeSet<&str> = functions::operations().iter().map(|entry| entry.area).collect();
    assert_eq!(described, used);
}

#[test]
fn summaries_have_at_most_ten_words_and_descriptions_are_sentences() {
    let operations = functions::operations().into_iter().map(|entry| entry.description);
    let routes =
        operations.flat_map(|described| described.routes.iter().map(move |route| (described, route)));
    let mut summaries = BTreeSet::new();
    for (described, route) in routes {
        let (name, text) = (described.operation_id(route), described.description);
        let summary = route.summary.unwrap_or(described.summary);
        assert!(summaries.insert(summary), "{name}: another route has the summary `{summary}`");
        assert!((2..=10).contains(&summary.split(' ').count()), "{name}: {summary}");
        assert!(summary.starts_with(char::is_uppercase) && !summary.ends_with('.'), "{name}: {summary}");
        assert!(text.starts_with(char::is_uppercase) && text.ends_with('.'), "{name}: {text}");
        assert!(!text.contains("  "), "{name}: {text}");
    }
}
