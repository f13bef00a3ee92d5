//! `create-detail-field`

use futures_util::future::join_all;
use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{create, fields, names, seen};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "configuration": {"position": 4},
        "name": "Language",
        "type": {"name": "MULTISELECT", "options": ["ja", "tr", "en"]},
    });
    Payload::of("create-detail-field", "/v1/detail-fields").by("operator").json(&body).publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn field_is_created_with_numbered_options_and_default_roles() {
    let world = World::demo().await;
    let options = json!({"name": "SELECT", "options": ["jp", "tr", "de"]});
    let made = create(&world, json!({"name": "Language", "type": options, "configuration": {"position": 4}}));
    let made = made.send().await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    let location = format!("/v1/detail-fields/{id}");
    assert_eq!(
        (made.status, made.header("location"), made.header("etag")),
        (201, Some(&*location), Some("\"1\""))
    );
    let option = |id: u32, label: &str| json!({"id": id, "label": label});
    assert_eq!(
        world.timeless(made.body),
        json!({
            "id": id, "name": "Language", "version": 1, "configuration": {"position": 4},
            "type": {"name": "SELECT", "options": [option(1, "jp"), option(2, "tr"), option(3, "de")]},
            "viewers": ["operator", "agent", "customer"], "editors": ["operator", "agent"],
        })
    );
    let history =
        world.get("/v1/history?type=detail-fields.created&pageSize=1").by("operator").send().await.ok();
    let data = json!({"fields": [{"id": id, "name": "Language", "type": "SELECT"}]});
    assert_eq!(history["items"][0]["data"], data);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_fields_are_created_all_or_none() {
    let world = World::demo().await;
    let made = create(&world, fields(0, 45)).send().await;
    assert_eq!(
        (made.status, made.header("location"), made.header("etag")),
        (201, Some("/v1/detail-fields"), None)
    );
    assert_eq!(made.body["detailFields"].as_array().unwrap().len(), 45);
    assert_eq!(seen(&world, "operator", "").await.len(), 50);

    drop(world);
    let other = World::demo().await;
    let mut some = fields(0, 3);
    some["detailFields"][1]["name"] = "REGION".into();
    let refused = create(&other, some).assert_rejected(409, "detail-field-name-taken").await;
    let place = "/detailFields/1/name".to_owned();
    assert_eq!(refused.faults(), [(place, "detail-field-name-taken".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_of_50_fields_holds_under_concurrency() {
    let world = World::demo().await;
    let many = create(&world, fields(0, 46)).assert_rejected(409, "detail-field-limit").await;
    assert_eq!((&many.body["errors"][0]["limit"], &many.body["errors"][0]["used"]), (&json!(50), &json!(5)));
    create(&world, fields(0, 40)).send().await.ok();
    world.chaos(5, 7);
    let told = join_all((40..60).map(|number| {
        let world = &world;
        async move {
            let body = json!({"name": format!("Field {number}"), "type": {"name": "DATE"}});
            let reply = create(world, body).decided().await;
            (reply.status, reply.code().to_owned())
        }
    }));
    let told = told.await;
    assert_eq!(told.iter().filter(|(status, _)| *status == 201).count(), 5);
    assert_eq!(told.iter().filter(|(_, code)| code == "detail-field-limit").count(), 15);
    assert_eq!(seen(&world, "operator", "pageSize=1").await.len(), 50, "never cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_body_reports_every_fault() {
    let world = World::demo().await;
    for (body, expected) in [
        (json!({}), vec![("/name", "missing"), ("/type", "missing")]),
        (
            json!({"name": "a ", "type": {"name": "SELECT"}, "viewers": ["king"], "configuration": {"position": 0}}),
            vec![
                ("/configuration/position", "out-of-range"),
                ("/name", "surrounding-space"),
                ("/type/options", "missing"),
                ("/viewers/0", "unknown-value"),
            ],
        ),
        (
            json!({"name": "a", "type": {"name": "TEXT", "options": ["x"]}, "colour": 1}),
            vec![("/colour", "unknown-field"), ("/type/options", "no-options")],
        ),
        (
            json!({"name": "a", "type": {"name": "MULTISELECT", "options": ["x", "", "Ｘ", "y".repeat(101)]}}),
            vec![
                ("/type/options/1", "invalid-length"),
                ("/type/options/2", "duplicate"),
                ("/type/options/3", "invalid-length"),
            ],
        ),
        (json!({"name": "a", "type": {"name": "COLOUR"}}), vec![("/type/name", "unknown-value")]),
        (json!({"name": "a", "type": {"name": "SELECT", "options": []}}), vec![("/type/options", "too-few")]),
        (json!({"detailFields": []}), vec![("/detailFields", "too-few")]),
        (
            json!({"detailFields": [{"name": "a", "type": {"name": "URL"}}, {"name": "Ａ", "type": 7}], "name": "b"}),
            vec![
                ("/detailFields/1/name", "duplicate"),
                ("/detailFields/1/type", "wrong-type"),
                ("/name", "unknown-field"),
            ],
        ),
        (fields(0, 51), vec![("/detailFields", "too-many")]),
    ] {
        let reply = create(&world, body).assert_rejected(400, "invalid-request").await;
        let faults = reply.faults();
        let faults: Vec<_> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
        assert_eq!(faults, expected, "{}", reply.body);
    }
    let many: Vec<String> = (0..51).map(|number| format!("option {number}")).collect();
    let body = json!({"name": "a", "type": {"name": "SELECT", "options": many}});
    let reply = create(&world, body).assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults(), [("/type/options".to_owned(), "too-many".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_taken_in_another_case_or_width_is_refused() {
    let world = World::demo().await;
    let field = |name: &str| json!({"name": name, "type": {"name": "BOOLEAN"}});
    for name in ["region", "ＲＥＧＩＯＮ", "Support Level"] {
        create(&world, field(name)).assert_rejected(409, "detail-field-name-taken").await;
    }
    create(&world, field("Région")).send().await.ok();
    create(&world, field(&"リ".repeat(255))).send().await.ok();
    assert_eq!(names(&seen(&world, "operator", "").await).len(), 7);
}
