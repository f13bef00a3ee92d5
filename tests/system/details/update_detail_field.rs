//! `update-detail-field`

use futures_util::future::join;
use local_stack::fault_proxy::InjectedFailure;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{World, strength};

use super::{create, fields, names, seen, update};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "archived": true,
        "name": "Sales region",
        "options": [{"id": 2, "label": "Europe"}, {"label": "JP"}],
    });
    Payload::of("update-detail-field", "/v1/detail-fields/{field}").by("operator").json(&body).publish();
}

async fn events(world: &World) -> Vec<String> {
    let history = world.get("/v1/history?order=asc&pageSize=100").by("operator").send().await.ok();
    let types = history["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap());
    types.filter(|kind| kind.starts_with("detail-field.")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_given_properties_change() {
    let world = World::demo().await;
    let body = json!({"name": "Sales region", "viewers": ["agent"], "configuration": {"position": 9}});
    let changed = update(&world, body).send().await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")));
    let body = changed.body;
    assert_eq!((&body["id"], &body["name"]), (&world.id("field").into(), &"Sales region".into()));
    assert_eq!((&body["viewers"], &body["editors"]), (&json!(["agent"]), &json!(["operator", "agent"])));
    assert_eq!(body["type"]["options"].as_array().unwrap().len(), 3);
    assert_eq!(names(&seen(&world, "customer", "").await), ["Support level", "Seats", "Renewal contact"]);
    let order = ["Support level", "Seats", "Sales region", "Renewal contact", "Internal note"];
    assert_eq!(names(&seen(&world, "operator", "").await), order);
    assert_eq!(events(&world).await, ["detail-field.updated"]);

    // The field's previous name is free for another field; a name in use is refused.
    create(&world, json!({"name": "Region", "type": {"name": "TEXT"}})).send().await.ok();
    let taken = update(&world, json!({"name": "SEATS", "archived": true}));
    let taken = taken.assert_rejected(409, "detail-field-name-taken").await;
    assert_eq!(taken.faults()[0].0, "/name");
    assert_eq!(update(&world, json!({"name": "SALES region"})).send().await.ok()["name"], "SALES region");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_added_renamed_and_retired_by_id() {
    let world = World::demo().await;
    let options = json!([{"id": 2, "label": "Europe"}, {"id": 3, "retired": true}, {"label": "JP"}]);
    let changed = update(&world, json!({"options": options})).send().await.ok();
    assert_eq!(
        changed["type"]["options"],
        json!([
            {"id": 1, "label": "AU"}, {"id": 2, "label": "Europe"},
            {"id": 3, "label": "US", "retired": true}, {"id": 4, "label": "JP"},
        ])
    );
    let back = update(&world, json!({"options": [{"id": 3, "retired": false}]})).send().await.ok();
    assert!(back["type"]["options"][2]["retired"].is_null());

    // An option given by the label of an existing one is not added.
    let contents = world.contents().await;
    update(&world, json!({"options": [{"label": "jp"}, {"label": "ＥＵＲＯＰＥ"}]})).send().await.ok();
    world.assert_unchanged(&contents).await;

    let wrong = json!({"options": [{"id": 9, "label": "x"}, {"id": 1, "label": "europe"}]});
    let wrong = update(&world, wrong).assert_rejected(409, "option-exists").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(
        wrong.faults(),
        [fault("/options", "option-exists"), fault("/options/0/id", "unknown-option")]
    );
    update(&world, json!({"options": [{"id": 9}]})).assert_rejected(422, "unknown-option").await;
    let all = update(&world, json!({"name": "SEATS", "options": [{"id": 9}]}));
    let all = all.assert_rejected(409, "detail-field-name-taken").await;
    let wrong = [fault("/name", "detail-field-name-taken"), fault("/options/0/id", "unknown-option")];
    assert_eq!(all.faults(), wrong);
    // One update may free a label and give it to a new option. Repeating it is idempotent.
    let swap = json!({"options": [{"label": "AU"}, {"id": 1, "label": "Australia"}]});
    let swapped = update(&world, swap.clone()).send().await.ok();
    assert_eq!(swapped["type"]["options"][4], json!({"id": 5, "label": "AU"}));
    let contents = world.contents().await;
    update(&world, swap).send().await.ok();
    world.assert_unchanged(&contents).await;
    let many: Vec<Value> = (0..47).map(|number| json!({"label": format!("option {number}")})).collect();
    update(&world, json!({"options": many})).assert_rejected(409, "option-limit").await;
    let seats = seen(&world, "operator", "").await[2]["id"].as_str().unwrap().to_owned();
    let call = world.patch(&format!("/v1/detail-fields/{seats}")).by("operator");
    call.json(json!({"options": [{"label": "x"}]})).assert_rejected(422, "no-options").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_field_is_hidden_frees_its_slot_and_is_restored_unchanged() {
    let world = World::demo().await;
    create(&world, fields(0, 45)).send().await.ok();
    let before = seen(&world, "operator", "").await[0].clone();
    update(&world, json!({"archived": true})).send().await.ok();
    let contents = world.contents().await;
    update(&world, json!({"archived": true})).send().await.ok();
    world.assert_unchanged(&contents).await;
    assert_eq!(seen(&world, "operator", "").await.len(), 49);
    create(&world, json!({"name": "Region", "type": {"name": "TEXT"}}))
        .assert_rejected(409, "detail-field-name-taken")
        .await;
    let last = create(&world, json!({"name": "Fiftieth", "type": {"name": "TEXT"}})).send().await.ok();
    let full = update(&world, json!({"archived": false})).assert_rejected(409, "detail-field-limit").await;
    assert_eq!(full.faults()[0].0, "/archived");
    assert_eq!((&full.body["errors"][0]["limit"], &full.body["errors"][0]["used"]), (&json!(50), &json!(50)));
    let path = format!("/v1/detail-fields/{}", last["id"].as_str().unwrap());
    world.patch(&path).by("operator").json(json!({"archived": true})).send().await.ok();
    let restored = update(&world, json!({"archived": false})).send().await.ok();
    assert_eq!((&restored["type"], &restored["name"]), (&before["type"], &before["name"]));
    let kinds = ["detail-field.archived", "detail-field.archived", "detail-field.restored"];
    assert_eq!(events(&world).await, kinds);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_archive_and_restore_keep_the_count_exact() {
    for seed in strength::seeds(10, 250) {
        let world = World::demo().await;
        world.chaos(4, seed);
        let turn = async |archived: bool| {
            update(&world, json!({"archived": archived})).decided().await;
        };
        let renamed = async { update(&world, json!({"name": "Other"})).decided().await };
        join(join(turn(true), turn(false)), join(renamed, turn(true))).await;
        world.chaos(0, 0);
        let room = 50 - seen(&world, "operator", "").await.len();
        create(&world, fields(0, room + 1)).assert_rejected(409, "detail-field-limit").await;
        create(&world, fields(0, room)).send().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_update_never_changes_another_field_that_took_the_name() {
    for round in 0..20 {
        let late =
            if round % 2 == 0 { json!({"configuration": {"position": 7}}) } else { json!({"name": "Late"}) };
        let world = World::demo().await;
        // Injected failures delay the first transactions, so that the field may be renamed, and its name given
        // to another field, before the update commits.
        (0..4).for_each(|_| world.fault_proxy().inject("TransactWriteItems", InjectedFailure::ResetBefore));
        let first = update(&world, late.clone()).send();
        let meanwhile = async {
            update(&world, json!({"name": "Elsewhere"})).decided().await;
            let body = json!({"name": "Region", "type": {"name": "TEXT"}});
            create(&world, body).send().await
        };
        let (first, given) = join(first, meanwhile).await;
        first.ok();
        if given.status == 201 {
            let fields = seen(&world, "operator", "").await;
            let times = |id: &Value| fields.iter().filter(|field| field["id"] == *id).count();
            assert_eq!((times(&given.body["id"]), times(&world.id("field").into())), (1, 1), "round {round}");
        }
        let room = 50 - seen(&world, "operator", "").await.len();
        create(&world, fields(0, room + 1)).assert_rejected(409, "detail-field-limit").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_version_absent_field_and_invalid_body_are_refused() {
    let world = World::demo().await;
    for body in [json!({"name": "Other"}), json!({"name": "region"}), json!({})] {
        update(&world, body.clone())
            .header("if-match", "\"2\"")
            .assert_rejected(412, "version-mismatch")
            .await;
    }
    update(&world, json!({"name": "Other"})).header("if-match", "\"1\"").send().await.ok();
    let absent = world.id("field").replace("0001", "0009");
    let call = world.patch(&format!("/v1/detail-fields/{absent}")).by("operator");
    call.json(json!({"name": "Other"})).assert_rejected(404, "not-found").await;
    let rubbish = json!({
        "name": null, "type": {"name": "TEXT"}, "archived": 1, "viewers": "all",
        "options": [{"retired": true}, {"id": 0}, 7, {"id": 1}, {"id": 1}, {"label": "a"}, {"label": "Ａ"}],
        "editors": ["agent", "agent"],
    });
    let reply = update(&world, rubbish).assert_rejected(400, "invalid-request").await;
    let places: Vec<_> = reply.faults().into_iter().map(|(at, _)| at).collect();
    assert_eq!(
        places,
        [
            "/archived",
            "/editors/1",
            "/name",
            "/options/0/label",
            "/options/1/id",
            "/options/2",
            "/options/4",
            "/options/6",
            "/type",
            "/viewers",
        ]
    );
    let many: Vec<Value> = (0..51).map(|number| json!({"label": format!("option {number}")})).collect();
    let reply = update(&world, json!({"options": many})).assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults(), [("/options".to_owned(), "too-many".to_owned())]);
}
