//! Answers of the gateway itself, and the local stack in its place: its clock, its tokens, and
//! payloads that must not crash it.

use local_stack::{Options, Stack};
use serde_json::{Value, json};
use system::{World, canonical};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_route_wrong_scheme_and_large_body_are_refused() {
    let world = World::demo().await;
    let message = |text: &str| json!({ "message": text });
    for (method, path) in [
        ("POST", "/"),
        ("GET", "/v1/nothing"),
        ("GET", "/v1/webhooks"),
        ("DELETE", "/v1/partners"),
        ("POST", "/v1/partners/"),
    ] {
        let reply = world.call(method, path).by("operator").send().await;
        assert_eq!((reply.status, reply.body), (404, message("Not Found")), "{method} {path}");
    }
    let head = world.call("HEAD", "/v1/openapi.json").send().await;
    assert_eq!(head.status, 404);
    let other_scheme = world.get("/v1/history").header("authorization", "Basic b2xpdmlhOng=").send().await;
    assert_eq!((other_scheme.status, other_scheme.body), (401, message("Unauthorized")));
    let large =
        world.post("/v1/partners").by("operator").bytes(&vec![b' '; 6 * 1024 * 1024 + 1]).send().await;
    assert_eq!(large.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_expires_by_the_local_clock() {
    let world = World::demo().await;
    let asked = json!({"sub": "olivia", "email": "olivia@vendor.example", "role": "operator"});
    let given = world.post("/_local/token").bytes(asked.to_string().as_bytes()).send().await.ok();
    let call = || world.get("/v1/history").token(given["token"].as_str().unwrap());
    call().send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"PT12H"}"#).send().await.ok();
    assert_eq!(call().send().await.status, 401);

    let configuration = world.get("/.well-known/openid-configuration").send().await.ok();
    assert_eq!(configuration["issuer"], world.url);
    let keys = world.get("/.well-known/jwks.json").send().await.ok();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    let unknown = world.post("/_local/token").bytes(br#"{"sub":"x","rank":"operator"}"#).send().await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_advances_on_request_and_never_goes_back() {
    let world = World::demo().await;
    let turn = |body: &'static str| world.post("/_local/time").bytes(body.as_bytes()).send();
    assert_eq!(
        world.get("/_local/time").send().await.body,
        json!({"now": "2026-01-05T10:00:00.000Z", "running": false})
    );
    assert_eq!(turn(r#"{"advance":"P30D"}"#).await.ok()["now"], "2026-02-04T10:00:00.000Z");
    assert_eq!(turn(r#"{"set":"2026-02-04T09:59:59Z"}"#).await.status, 409);
    assert_eq!(turn(r#"{"set":"2026-03-01T00:00:00Z"}"#).await.ok()["now"], "2026-03-01T00:00:00.000Z");
    assert_eq!(turn(r#"{"run":true}"#).await.ok()["running"], true);
    for rubbish in ["", "{}", r#"{"set":"yesterday"}"#, r#"{"run":false}"#, r#"{"advance":"P1D","run":true}"#]
    {
        assert_eq!(turn(rubbish).await.status, 400, "{rubbish}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_payload_does_not_crash_the_stack() {
    let world = World::demo().await;
    for id in ["assign-license", "receive-store-message", "query-history-of-partner"] {
        rubbish_is_answered(&world, &canonical::one(id)).await;
    }
    assert_eq!(world.post("/_local/invoke/nothing").bytes(b"{}").send().await.status, 404);
    canonical::one("list-license-pools").call(&world, "").send().await.ok();
}

async fn rubbish_is_answered(world: &World, canonical: &canonical::Canonical) {
    let mut payloads: Vec<Vec<u8>> = ["", "null", "7", "[]", "{}", "{", r#"{"requestContext":{}}"#]
        .map(|text| text.as_bytes().to_vec())
        .to_vec();
    let rubbish = [
        json!(null),
        json!(7),
        json!(""),
        json!("\u{0}\" < >%%%zz"),
        json!("=====\u{10ffff}"),
        json!({}),
        json!([[]]),
        json!({"a": {"b": []}}),
        json!("x".repeat(100_000)),
    ];
    let mut places: Vec<String> = Vec::new();
    collect(&canonical.payload, String::new(), &mut places);
    for place in &places {
        for value in &rubbish {
            let mut payload = canonical.payload.clone();
            *payload.pointer_mut(place).unwrap() = value.clone();
            payloads.push(payload.to_string().into_bytes());
            if let Value::Object(map) = &mut payload {
                map.insert("isBase64Encoded".to_owned(), json!(true));
                payloads.push(payload.to_string().into_bytes());
            }
        }
    }
    for payload in payloads {
        let reply =
            world.post(&format!("/_local/invoke/{}", canonical.operation)).bytes(&payload).send().await;
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(300)]).into_owned();
        assert!([200, 400].contains(&reply.status), "{shown}: {}", reply.body);
        assert_ne!(reply.body["errorType"], "Runtime.ExitError", "a panic: {shown}");
        assert_ne!(reply.body["statusCode"], 500, "{shown}: {}", reply.body);
    }
}

fn collect(value: &Value, place: String, places: &mut Vec<String>) {
    places.push(place.clone());
    if let Value::Object(map) = value {
        for (name, value) in map {
            collect(value, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), places);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_queries_and_paths_are_refused() {
    let world = World::demo().await;
    for path in [
        "/v1/history?from=%zz&to=%ff%fe",
        "/v1/history?a=%22%3C%20%3E",
        "/v1/history?=&&&==",
        "/v1/partners/%2e%2e/license-pools",
        "/v1/partners/%00/license-pools",
        "/v1/partners/prt_%F0%9F%92%A5/history",
    ] {
        let reply = world.get(path).by("operator").send().await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.body);
    }
    assert_eq!(
        world.get("/v1/history?order=asc&order=desc").by("operator").send().await.faults()[0].1,
        "duplicate"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn data_survives_a_restart() {
    let file = std::env::temp_dir().join(format!("vouchsafe-{}.db", std::process::id()));
    let options = || Options { file: Some(file.clone()), ..Options::default() };
    let first = Stack::start(options()).await.unwrap();
    local_stack::demo::load(&first.shared).await.unwrap();
    first.stop().await;
    let world = World::around(Stack::start(options()).await.unwrap());
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (100, 95, 5));
    world.stop().await;
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn local_endpoints_report_costs_mail_and_schedule() {
    let world = World::demo().await;
    canonical::one("assign-license").call(&world, "").send().await.ok();
    let told = world.get("/_local/capacity").send().await.ok();
    assert_eq!(told["operations"]["assign-license"]["roundTrips"], 2);
    assert_eq!(world.get("/_local/capacity").send().await.ok(), json!({"operations": {}}));
    assert_eq!(world.get("/_local/mail").send().await.ok(), json!({"items": []}));
    assert_eq!(world.post("/_local/tick").send().await.ok(), json!({"fired": ["run-due-work"]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_empties_the_table_and_the_demo_world_can_be_loaded_again() {
    let world = World::demo().await;
    let before = world.contents().await;
    assert_eq!(world.post("/_local/reset").send().await.ok(), json!({"items": 0}));
    assert!(world.contents().await.is_empty());
    assert_eq!(world.get("/v1/partners/{partner}").by("operator").send().await.status, 404);
    world.post("/_local/demo").send().await.ok();
    world.assert_unchanged(&before).await;
}
