//! Headers that are the same for all operations: request ids, links, versions, compression, other origins.

use std::io::Read;

use flate2::read::GzDecoder;
use local_stack::{Options, Stack, cors};
use serde_json::{Value, json};
use system::golden::file;
use system::{World, canonical};

#[tokio::test(flavor = "multi_thread")]
async fn request_id_is_the_callers_if_well_formed_and_otherwise_api_gateways() {
    let world = World::demo().await;
    let call = || world.get("/v1/partners/{partner}").by("partnerMember");
    let own = call().send().await;
    assert_eq!(own.header("x-request-id"), own.header("apigw-requestid"));
    let longest = "a".repeat(128);
    for id in ["mine-1", "a.b:C_9", longest.as_str()] {
        let reply = call().header("x-request-id", id).send().await;
        assert_eq!(reply.header("x-request-id"), Some(id));
        assert_ne!(reply.header("apigw-requestid"), Some(id));
    }
    let too_long = "a".repeat(129);
    for id in ["", "two words", "a\u{fc}", "a\"", too_long.as_str()] {
        let reply = call().header("x-request-id", id).send().await;
        assert_eq!(reply.header("x-request-id"), reply.header("apigw-requestid"), "{id}");
    }
    let refused = call().without("authorization").by("otherPartnerAdmin").header("x-request-id", "mine-2");
    let refused = refused.send().await;
    assert_eq!((refused.status, &refused.body["requestId"]), (404, &json!("mine-2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_function_say_how_to_authenticate_and_have_a_gateway_request_id() {
    let world = World::demo().await;
    let missing = world.get("/v1/partners").send().await;
    assert_eq!((missing.status, missing.header("www-authenticate")), (401, Some("Bearer")));
    let invalid = world.get("/v1/partners").token("a.b.c").send().await;
    assert_eq!(invalid.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    for reply in [missing, invalid, world.get("/v1/nothing").send().await] {
        assert!(reply.header("apigw-requestid").is_some() && reply.header("x-request-id").is_none());
    }
}

/// The loop proves for every list that its `Link` leads to the page that `nextPageToken` names.
#[tokio::test(flavor = "multi_thread")]
async fn link_leads_to_the_next_page_of_every_list() {
    let world = World::demo().await;
    let (mut lists, mut followed) = (0, 0);
    for call in canonical::all().into_iter().filter(|call| call.paged) {
        let query = call.payload["rawQueryString"].as_str().unwrap_or_default();
        let page = call.call(&world, if query.contains("pageSize") { "" } else { "pageSize=1" }).send().await;
        lists += 1;
        let Some(token) = page.body["nextPageToken"].as_str() else {
            assert_eq!(page.header("link"), None, "{}", call.id);
            continue;
        };
        followed += 1;
        let link = page.header("link").unwrap_or_else(|| panic!("{} has no link", call.id));
        let target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        let linked = world.get(target).token(&world.token_of(call.person())).send().await;
        let mut next: form_urlencoded::Serializer<'_, String> =
            form_urlencoded::Serializer::new(String::new());
        next.append_pair("pageToken", token);
        let next =
            format!("{}&{}", if query.contains("pageSize") { "" } else { "pageSize=1" }, next.finish());
        let next = call.call(&world, next.trim_start_matches('&')).send().await;
        assert_eq!((linked.status, items(&linked.body)), (200, items(&next.body)), "{}", call.id);
    }
    assert!(lists > 20 && followed > 8, "{followed} of {lists} lists have a second page");
}

/// Returns the items of a page; the tokens of two pages differ even if they lead to the same place.
fn items(page: &Value) -> Value {
    let mut page = page.clone();
    page.as_object_mut().unwrap().remove("nextPageToken");
    page
}

/// The loop proves for every read by everybody who may make it that equal `ETag`s mean equal answers.
#[tokio::test(flavor = "multi_thread")]
async fn equal_etags_mean_equal_answers() {
    let world = World::demo().await;
    for call in canonical::all().into_iter().filter(|call| call.reads() && !call.open()) {
        let mut seen = std::collections::BTreeMap::new();
        for (name, token) in canonical::callers(&world) {
            let reply = call.tried_by(&world, token.as_deref()).send().await;
            let Some(etag) = reply.header("etag") else { continue };
            let first = seen.entry(etag.to_owned()).or_insert_with(|| reply.body.clone());
            assert_eq!(*first, reply.body, "{} by {name}", call.id);
        }
    }
}

/// The loop proves for every read with an `ETag` that it tells an unchanged answer.
#[tokio::test(flavor = "multi_thread")]
async fn unchanged_object_is_answered_without_a_body() {
    let world = World::demo().await;
    let mut versioned = 0;
    for call in canonical::all().into_iter().filter(canonical::Canonical::reads) {
        let read = || call.call(&world, "");
        let shown = read().send().await;
        let Some(etag) = shown.header("etag") else { continue };
        versioned += 1;
        for known in [etag.to_owned(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let unchanged = read().header("if-none-match", &known).send().await;
            assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(etag)), "{}", call.id);
            assert!(unchanged.bytes.is_empty() && unchanged.header("content-type").is_none());
        }
        for other in ["\"77\"", "", "x", "\"1.AAAAAAAAAAA\""] {
            let whole = read().header("if-none-match", other).send().await;
            assert_eq!((whole.status, &whole.body), (200, &shown.body), "{}: {other}", call.id);
        }
    }
    assert!(versioned >= 9, "{versioned}");
}

/// A version alone does not identify an answer that depends on its reader or on other objects.
#[tokio::test(flavor = "multi_thread")]
async fn answer_that_changed_without_its_version_is_sent_again() {
    let world = World::demo().await;
    let read = || world.get("/v1/organizations/{yamada}/entitlements/{entitlement}").by("agent");
    let shown = read().send().await;
    let etag = shown.header("etag").unwrap().to_owned();
    assert_eq!(read().header("if-none-match", &etag).send().await.status, 304);
    let archived = json!({"archived": true});
    world.patch("/v1/detail-fields/{field}").by("operator").json(archived).send().await.ok();
    let changed = read().header("if-none-match", &etag).send().await;
    assert_eq!((changed.status, changed.version()), (200, shown.version()));
    assert_ne!(changed.body["details"], shown.body["details"]);
    // `If-Match` takes the `ETag` of a read, too: it names the version.
    let path = "/v1/organizations/{yamada}/entitlements/{entitlement}/details";
    let change = || world.patch(path).by("operator").json(json!({"details": {"Seats": {"values": [7]}}}));
    change().header("if-match", &etag).send().await.ok();
    let stale = change().header("if-match", &etag).assert_rejected(412, "version-mismatch").await;
    let detail = stale.body["detail"].as_str().unwrap();
    assert!(detail.contains("has version 2") && detail.contains("read it again"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_above_one_kilobyte_is_compressed_if_the_caller_accepts_it() {
    let world = World::demo().await;
    let long = || world.get("/v1/partners/{partner}/history").by("partnerMember");
    let plain = long().send().await;
    assert!(plain.bytes.len() > 1024 && plain.header("content-encoding").is_none());
    for accepted in ["gzip", "br, gzip;q=0.5", "*", "deflate, gzip"] {
        let reply = long().header("accept-encoding", accepted).send_undescribed().await;
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "{accepted}");
        let mut text = Vec::new();
        GzDecoder::new(reply.bytes.as_slice()).read_to_end(&mut text).unwrap();
        assert_eq!(text, plain.bytes);
        assert!(reply.bytes.len() < plain.bytes.len() / 2);
    }
    for refused in ["", "identity", "gzip;q=0", "br", "gzip;q=0, *;q=1"] {
        let reply = long().header("accept-encoding", refused).send().await;
        assert_eq!((reply.header("content-encoding"), &reply.bytes), (None, &plain.bytes), "{refused}");
    }
    let short = world.get("/v1/health").header("accept-encoding", "gzip").send().await;
    assert_eq!((short.header("content-encoding"), &short.body), (None, &json!({"status": "ok"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_index_need_neither_token_nor_table() {
    let world = World::demo().await;
    world.fault_proxy().allow_only(Default::default());
    assert_eq!(world.get("/v1/health?probe=1").send().await.ok(), json!({"status": "ok"}));
    let index = world.get("/").send().await.ok();
    for name in ["description", "health"] {
        world.get(index[name].as_str().unwrap()).send().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_configured_origins_may_call_from_a_browser() {
    let cors_origins = vec!["https://console.example".to_owned()];
    let stack = Stack::start(Options { cors_origins, ..Options::default() }).await.unwrap();
    let world = World::around(stack);
    let preflight = |origin: &'static str| {
        let call = world.call("OPTIONS", "/v1/partners").header("origin", origin);
        call.header("access-control-request-method", "POST").send()
    };
    let allowed = preflight("https://console.example").await;
    assert_eq!((allowed.status, allowed.bytes.len()), (204, 0));
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://console.example"));
    assert!(allowed.header("access-control-allow-headers").unwrap().contains("idempotency-key"));
    let other = preflight("https://evil.example").await;
    assert_eq!((other.status, other.header("access-control-allow-origin")), (204, None));
    for (origin, seen) in
        [("https://console.example", Some("https://console.example")), ("https://evil.example", None)]
    {
        let reply = world.get("/v1/health").header("origin", origin).send().await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, seen));
        assert_eq!(reply.header("access-control-expose-headers").is_some(), seen.is_some());
    }
    world.stop().await;
}

#[test]
fn local_gateway_has_the_templates_cors_configuration() {
    let template = std::fs::read_to_string(file("template.yaml")).unwrap();
    for line in [
        format!("allowMethods: [{}]", cors::METHODS.join(", ")),
        format!("allowHeaders: [{}]", cors::HEADERS.join(", ")),
        format!("exposeHeaders: [{}]", cors::EXPOSED.join(", ")),
        format!("maxAge: {}", cors::MAX_AGE),
    ] {
        assert!(template.contains(&line), "the template has no `{line}`");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_fault_stands_in_detail_with_odd_characters_escaped() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/history?from=now%00%E2%80%AEx";
    let reply = world.get(path).by("partnerMember").assert_rejected(400, "invalid-request").await;
    let fault = reply.body["errors"][0]["detail"].as_str().unwrap();
    assert!(fault.starts_with("`now\\u{0}\\u{202E}x` contains the control character `\\u{0}`"), "{fault}");
    assert_eq!(reply.body["detail"], json!(format!("`from`: {fault}")));
    let several = world.get("/v1/partners/{partner}/history?from=x&to=y").by("partnerMember");
    let several = several.assert_rejected(400, "invalid-request").await;
    assert_eq!(several.body["detail"], "the request has 2 faults, listed in `errors`");
    let no_faults: Value = world.get("/v1/partners/{partner}").by("otherPartnerAdmin").send().await.body;
    assert!(no_faults.get("errors").is_none());
}
