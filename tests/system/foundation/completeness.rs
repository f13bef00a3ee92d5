//! Checks that each operation is complete; a failure names the missing part.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::http::openapi::{Example, document};
use local_stack::demo;
use system::canonical::Canonical;
use system::golden::{self, file};
use system::{World, canonical, refusals};

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
    let mut examples = BTreeMap::new();
    for Recorded { call, reply, .. } in recording::canonical_calls().await {
        if call.operation == "get-openapi" {
            continue;
        }
        let example = Example {
            request: call.body(),
            status: reply.status,
            response: reply.body.clone(),
            path: call.path(),
            refusals: recording::refusals(call).await,
            problems: refusals::of(&call.id),
        };
        examples.insert(call.id.clone(), example);
    }
    let operations: Vec<_> =
        functions::operations().iter().map(|entry| (entry.area, entry.description)).collect();
    let written =
        serde_json::to_string_pretty(&document(functions::AREAS, &operations, &examples)).unwrap() + "\n";
    golden::check("functions/src/service/openapi.json", &written);
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
