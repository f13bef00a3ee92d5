//! Parts of the HTTP contract that are the same for all operations.

use local_stack::{Options, Stack};
use serde_json::json;
use system::{World, canonical};

fn at(place: &str, code: &str) -> (String, String) {
    (place.to_owned(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_path_query_headers_and_body_are_reported_together() {
    let world = World::demo().await;
    let reply = world
        .post("/v1/partners/prt_7/license-assignments?validateOnly=yes&colour=red")
        .by("partnerMember")
        .key("ключ")
        .json(json!({"organizationId": 7, "lines": [{"licenseType": "X", "quantity": 0}], "note": "x"}))
        .assert_rejected(400, "invalid-request")
        .await;
    assert_eq!(
        reply.faults(),
        [
            at("/lines/0/licenseType", "invalid-code"),
            at("/lines/0/quantity", "out-of-range"),
            at("/note", "unknown-field"),
            at("/organizationId", "wrong-type"),
            at("Idempotency-Key", "invalid-idempotency-key"),
            at("colour", "unknown-field"),
            at("partnerId", "invalid-id"),
            at("validateOnly", "invalid-boolean"),
        ]
    );
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.body["instance"], "/v1/partners/prt_7/license-assignments");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_oversized_or_non_json_body_is_refused() {
    let world = World::demo().await;
    let call = || world.post("/v1/partners").by("operator");
    let json = |body: &[u8]| call().header("content-type", "application/json; charset=utf-8").bytes(body);
    json(b"").assert_rejected(400, "invalid-request").await;
    for (body, code) in [
        (&b"{\"name\": "[..], "invalid-json"),
        (b"name=Miyako", "invalid-json"),
        (b"\xff\xfe", "invalid-json"),
        (b"[]", "wrong-type"),
        (b"null", "wrong-type"),
        (b"{}", "missing"),
    ] {
        let reply = json(body).assert_rejected(400, "invalid-request").await;
        assert_eq!(reply.faults().len(), 1);
        assert_eq!(reply.faults()[0].1, code, "{}", String::from_utf8_lossy(body));
    }
    let reply =
        json(br#"{"name": "a", "externalId": 7, "name": "b"}"#).assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults(), [at("/externalId", "wrong-type"), at("/name", "duplicate")]);
    let form = call().header("content-type", "application/x-www-form-urlencoded").bytes(b"{\"name\":\"x\"}");
    form.assert_rejected(415, "unsupported-media-type").await;
    let many: String = (0..20_000).map(|n| format!("\"f{n}\":1,")).collect();
    let reply =
        json(format!("{{{many}\"name\":\"x\"}}").as_bytes()).assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults().len(), 500, "as many as an answer has room for");
    let long = "k".repeat(100_000);
    let many: String = (0..20_000).map(|_| "\"a\":1,").collect();
    let text = format!("{{\"name\":\"x\",\"{long}\":{{{many}\"a\":1}}}}");
    let reply = json(text.as_bytes()).assert_rejected(400, "invalid-request").await;
    assert!(reply.faults().len() == 500 && reply.bytes.len() < 500_000, "{} bytes", reply.bytes.len());
    json(&vec![b' '; 256 * 1024 + 1]).assert_rejected(413, "body-too-large").await;
    json("[".repeat(100_000).as_bytes()).assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operation_without_a_body_accepts_none_or_an_empty_object() {
    for (body, status) in [("", 201), ("{}", 201), ("{\"a\":1}", 400), ("[]", 400)] {
        let world = World::demo().await;
        let call = world.put("/v1/partners/{partner}/organizations/{nakano}").by("operator");
        let call = call.header("content-type", "application/json").bytes(body.as_bytes());
        assert_eq!(call.send().await.status, status, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_key_replays_and_reuse_for_another_request_is_refused() {
    let world = World::demo().await;
    let create =
        |name: &str| world.post("/v1/partners").by("operator").key("k").json(json!({ "name": name }));
    let first = create("Nordlicht").send().await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, None));
    let again = create("Nordlicht").send().await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(
        (again.bytes.clone(), again.header("location")),
        (first.bytes.clone(), first.header("location"))
    );
    assert_eq!(again.header("etag"), first.header("etag"));

    let reused = create("Südlicht").assert_rejected(422, "idempotency-key-reused").await;
    assert!(reused.body["detail"].as_str().unwrap().contains("with a new key"), "{}", reused.body);
    let other_path =
        world.post("/v1/organizations").by("operator").key("k").json(json!({"name": "Nordlicht"}));
    other_path.assert_rejected(422, "idempotency-key-reused").await;
    let other_layout = world.post("/v1/partners").by("operator").key("k");
    let other_layout =
        other_layout.header("content-type", "application/json").bytes(b"{ \"name\" : \"Nordlicht\" }");
    assert_eq!(other_layout.send().await.bytes, first.bytes, "the same JSON, laid out otherwise");
    let operator2 = world.token_of(json!({"sub": "oskar", "email": "o@vendor.example", "role": "operator"}));
    let other_caller =
        world.post("/v1/partners").token(&operator2).key("k").json(json!({"name": "Nordlicht"}));
    assert_ne!(other_caller.send().await.bytes, first.bytes, "keys are each caller's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_key_expires_after_30_days() {
    let world = World::demo().await;
    let create =
        |name: &str| world.post("/v1/partners").by("operator").key("k").json(json!({ "name": name }));
    let first = create("Nordlicht").send().await;
    world.post("/_local/time").bytes(br#"{"advance":"P29DT23H59M59S"}"#).send().await.ok();
    assert_eq!(create("Nordlicht").send().await.bytes, first.bytes);
    world.post("/_local/time").bytes(br#"{"advance":"PT1S"}"#).send().await.ok();
    let afresh = create("Nordlicht").send().await;
    assert_eq!((afresh.status, afresh.header("idempotent-replayed")), (201, None));
    assert_ne!(afresh.bytes, first.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_request_is_evaluated_again_under_the_same_key() {
    let world = World::demo().await;
    let create = || world.post("/v1/partners").by("operator").key("k");
    create()
        .json(json!({"name": "x", "externalId": "P-1001"}))
        .assert_rejected(409, "external-id-taken")
        .await;
    let mended = create().json(json!({"name": "x", "externalId": "P-9"})).send().await;
    assert_eq!((mended.status, mended.header("idempotent-replayed")), (201, None));
}

/// The loop proves for each route that `validateOnly` writes nothing and uses up no key, and
/// that the real call then succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn validate_only_writes_nothing_and_uses_no_key() {
    for call in canonical::all().into_iter().filter(|call| !call.reads() && !call.signed()) {
        let world = World::demo().await;
        let before = world.contents().await;
        let tried = call.call(&world, "validateOnly=true").send().await;
        assert_eq!(
            (tried.status, tried.header("location"), tried.header("etag")),
            (200, None, None),
            "{}",
            call.id
        );
        assert!(tried.body["secret"].is_null());
        let keyless = call.call(&world, "validateOnly=true").without("idempotency-key").send().await;
        assert_eq!(keyless.status, 200, "{}: a trial needs no key", call.id);
        world.assert_unchanged(&before).await;
        // If `validateOnly` had used up the key, the real call would be a replay.
        let done = call.call(&world, "").send().await;
        assert_eq!(done.header("idempotent-replayed"), None, "{}", call.id);
        done.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_with_another_version_is_refused() {
    for (path, body) in [
        ("/v1/partners/{partner}/organizations/{yamada}", json!({})),
        ("/v1/partners/{partner}/store", json!({"sourceId": "{source}", "account": "ec-4711"})),
    ] {
        let world = World::demo().await;
        let put = || world.put(path).by("operator").json(body.clone());
        let seen = put().send().await;
        assert_eq!((seen.status, seen.header("etag")), (200, Some("\"1\"")));
        for good in ["\"1\"", "*"] {
            assert_eq!(put().header("if-match", good).send().await.ok(), seen.body);
        }
        put().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
        for bad in ["1", "\"x\"", "W/\"1\"", "\"1\", \"2\"", "\"01\"", "\"+1\"", ""] {
            let reply = put().header("if-match", bad).assert_rejected(400, "invalid-request").await;
            assert_eq!(reply.faults(), [at("If-Match", "invalid-etag")], "{bad}");
        }
    }
    let world = World::demo().await;
    let absent =
        world.put("/v1/partners/{partner}/organizations/{nakano}").by("operator").header("if-match", "*");
    absent.assert_rejected(412, "version-mismatch").await;
}

/// The loop proves that each canonical call also succeeds after all the previous ones in the same world.
#[tokio::test(flavor = "multi_thread")]
async fn canonical_calls_succeed_in_sequence_and_no_answer_is_cacheable() {
    let world = World::demo().await;
    for call in canonical::all() {
        let reply = call.call(&world, "").send().await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{}", call.id);
        reply.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_error_reveals_no_details() {
    let world = World::demo().await;
    world.fault_proxy().allow_only(Default::default());
    let broken = canonical::one("list-license-pools").call(&world, "").send().await;
    assert_eq!((broken.status, broken.code()), (500, "internal"));
    assert!(!world.fault_proxy().take_denied().is_empty());
    let text = broken.body.to_string();
    assert!(!text.contains("policy") && !text.contains("Dynamo") && !text.contains("Access"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_and_filter_faults_are_reported_together_without_false_ones() {
    let world = World::demo().await;
    let path = "/v1/history?from=x&from=y&pageSize=0&pageToken=abc&colour=red";
    let reply = world.get(path).by("operator").assert_rejected(400, "invalid-request").await;
    assert_eq!(
        reply.faults(),
        [
            at("colour", "unknown-field"),
            at("from", "duplicate"),
            at("pageSize", "out-of-range"),
            at("pageToken", "invalid-page-token"),
        ]
    );
    let page = world.get("/v1/history?pageSize=1").by("operator").send().await.ok();
    let token = page["nextPageToken"].as_str().unwrap();
    let good_token = format!("/v1/history?pageSize=1&pageToken={token}&a%2Fb=1&~=2");
    let reply = world.get(&good_token).by("operator").assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults(), [at("a/b", "unknown-field"), at("~", "unknown-field")]);
    let spans = "/v1/history?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z&type=bogus";
    let reply = world.get(spans).by("operator").assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults(), [at("to", "invalid-interval"), at("type", "unknown-value")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_hold_operation_org_and_status_but_no_personal_data_or_secrets() {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    // A process has one subscriber, so the log lines of tests that run at the same time are checked, too.
    let filter = tracing_subscriber::filter::LevelFilter::INFO;
    let subscriber = tracing_subscriber::fmt().with_max_level(filter).with_writer(move || writer.clone());
    subscriber.with_ansi(false).try_init().unwrap();

    let world = World::demo().await;
    for call in canonical::all() {
        call.call(&world, "").send().await.ok();
    }
    let refused = canonical::one("assign-license").call(&world, "colour=red");
    refused.header("x-request-id", "mine-1").send().await;
    let hiding =
        World::around(Stack::start(Options { hides_callers: true, ..Options::default() }).await.unwrap());
    let hidden = canonical::one("query-history-of-vendor").call(&hiding, "").header("x-request-id", "olivia");
    let hidden = hidden.send().await;
    let gateway_id = format!("gateway_request_id=\"{}\"", hidden.header("apigw-requestid").unwrap());
    let forbidden =
        canonical::one("list-partners").by("customer").call(&world, "").header("x-request-id", "mine-2");
    assert_eq!(forbidden.send().await.status, 403);
    let unknown = world.get("/v1/nothing?name=olivia").send().await;
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = logged.lines().filter(|line| line.contains("api_runtime::")).collect();
    let route = "method=\"POST\" route=\"/v1/partners/{partnerId}/license-assignments\"";
    let caller = format!("caller=\"aiko\" role=\"partner\" org=\"{}\"", world.id("partner"));
    let has = |parts: &[&str]| {
        ours.iter().any(|line| line.contains(route) && parts.iter().all(|part| line.contains(part)))
    };
    assert!(has(&["status=201 duration_ms=", &caller, "cold_start=true"]), "{logged}");
    assert!(
        has(&["status=400 code=\"invalid-request\"", "request_id=\"mine-1\"", "cold_start=false"]),
        "{logged}"
    );
    let forbidden = ours.iter().find(|line| line.contains("request_id=\"mine-2\"")).unwrap();
    assert!(
        forbidden.contains("code=\"role-not-allowed\"") && forbidden.contains("caller=\"sora\""),
        "{forbidden}"
    );
    let hidden = ours.iter().find(|line| line.contains(&gateway_id)).unwrap();
    assert!(hidden.contains("role=\"operator\"") && !hidden.contains("olivia"), "{hidden}");
    // The log also has the requests that no function sees, without the path, which may hold what a caller mistyped.
    let id = unknown.header("apigw-requestid").unwrap();
    let by_gateway = logged.lines().find(|line| line.contains(id)).unwrap();
    assert!(by_gateway.contains("status=404") && !by_gateway.contains("olivia"), "{by_gateway}");
    for line in &ours {
        for unsaid in ["@", "eyJ", "whsec_", "ヤマダ", "Miyako", "create-partner-1", "ec-47"] {
            assert!(!line.contains(unsaid), "{unsaid} in {line}");
        }
    }
}
