//! `request-access`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{EXPIRY, ask, decide, events, individual_grantee, request_body, set_time};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "contactManagerEmail": "yuki@yamada.example",
        "expiresAt": "2026-12-31T00:00:00Z",
        "individuals": [{"email": "ren@miyako.example", "level": "update"}],
        "reason": "The new cameras in Ginza",
    });
    Payload::of("request-access", "/v1/partners/{partner}/access-requests")
        .by("partnerMember")
        .json(&body)
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn member_requests_for_itself_and_only_an_admin_for_others() {
    let world = World::demo().await;
    let made = ask(&world, "partnerMember", request_body(individual_grantee("ren", "update"))).send().await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!((made.status, made.header("location")), (201, Some(&*format!("/v1/access-requests/{id}"))));
    let ren = json!({"memberId": world.id("ren"), "email": "ren@miyako.example"});
    let mut share = ren.clone();
    share["level"] = "update".into();
    let expected = json!({
        "id": id, "partnerId": world.id("partner"), "requestedBy": ren, "contactManagerEmail": "yuki@yamada.example",
        "individuals": [share], "expiresAt": world.moved(EXPIRY), "state": "pending",
        "lapsesAt": made.body["lapsesAt"], "version": 1,
    });
    assert_eq!(world.timeless(made.body), expected);
    let history =
        world.get("/v1/partners/{partner}/history?pageSize=1").by("partnerMember").send().await.ok();
    assert_eq!(history["items"][0]["type"], "access.requested");
    assert_eq!(history["items"][0]["data"], json!({"requestId": id}), "no e-mail");

    for (more, who) in
        [(individual_grantee("aiko", "cc"), "others"), (json!({"organizationLevel": "cc"}), "all")]
    {
        let refused = ask(&world, "partnerMember", request_body(more.clone()))
            .assert_rejected(403, "admin-required")
            .await;
        assert_eq!(refused.faults(), [(String::new(), "admin-required".to_owned())], "{who}");
        assert_eq!(ask(&world, "partnerAdmin", request_body(more)).send().await.status, 201, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_and_cost_do_not_reveal_who_has_the_email() {
    let world = World::demo().await;
    let mut recorded = Vec::new();
    for email in ["yuki@yamada.example", "elif@bogazici.example", "sora@yamada.example", "nobody@x.example"] {
        let mut body = request_body(individual_grantee("ren", "look"));
        body["contactManagerEmail"] = email.into();
        let mut made = ask(&world, "partnerMember", body).send().await;
        assert_eq!(made.status, 201, "{email}");
        assert_eq!(made.body["contactManagerEmail"].take(), email);
        assert!(made.body["id"].take().is_string() && made.body["lapsesAt"].take().is_string());
        recorded.push(world.timeless(made.body));
        let cost = world.fault_proxy().take_costs()["request-access"].clone();
        assert_eq!((cost.round_trips, cost.read_units), (2, 3.0), "the same work: {email}");
    }
    assert!(recorded.windows(2).all(|pair| pair[0] == pair[1]), "{recorded:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requester_and_grantee_must_be_members_on_record() {
    let world = World::demo().await;
    let person = |name: &str, admin: bool| {
        let (email, org) = (format!("{name}@miyako.example"), world.id("partner"));
        world.token_of(json!({"sub": name, "email": email, "role": "partner", "org": org, "manager": admin}))
    };
    let path = "/v1/partners/{partner}/access-requests";
    let call =
        world.post(path).token(&person("nobody", true)).json(request_body(individual_grantee("ren", "look")));
    call.assert_rejected(404, "not-found").await;
    // The token claims an admin, but the record does not.
    let call =
        world.post(path).token(&person("ren", true)).json(request_body(individual_grantee("aiko", "look")));
    call.assert_rejected(403, "admin-required").await;
    let refused = ask(&world, "partnerAdmin", request_body(individual_grantee("nobody", "look")))
        .assert_rejected(422, "not-a-member")
        .await;
    assert_eq!(refused.faults(), [("/individuals/0/email".to_owned(), "not-a-member".to_owned())]);
    ask(&world, "otherPartnerAdmin", request_body(individual_grantee("ren", "look")))
        .assert_rejected(404, "not-found")
        .await;
    for who in ["operator", "contactManager"] {
        ask(&world, who, request_body(individual_grantee("ren", "look")))
            .assert_rejected(403, "role-not-allowed")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_body_is_refused_with_its_faults() {
    let world = World::demo().await;
    let many: Vec<Value> =
        (0..21).map(|n| json!({"email": format!("m{n}@x.example"), "level": "cc"})).collect();
    let twice = json!([{"email": "ren@miyako.example", "level": "cc"}, {"email": "REN@miyako.example", "level": "look"}]);
    for (more, place, code) in [
        (json!({}), "", "grantee-required"),
        (json!({"organizationLevel": null, "individuals": []}), "", "grantee-required"),
        (json!({"organizationLevel": "owner"}), "/organizationLevel", "unknown-value"),
        (json!({"individuals": many}), "/individuals", "too-many"),
        (json!({"individuals": twice}), "/individuals/1/email", "duplicate"),
        (json!({"individuals": [{"email": "x", "level": "cc"}]}), "/individuals/0/email", "invalid-email"),
        (json!({"organizationLevel": "cc", "reason": ""}), "/reason", "invalid-length"),
    ] {
        let refused = ask(&world, "partnerAdmin", request_body(more.clone()))
            .assert_rejected(400, "invalid-request")
            .await;
        assert_eq!(refused.faults(), [(place.to_owned(), code.to_owned())], "{more}");
    }
    for (expiry, code) in
        [("2026-01-05T09:00:00Z", "expiry-passed"), ("2029-01-05T10:00:00Z", "expiry-too-far")]
    {
        let mut body = request_body(json!({"individuals": [{"email": "x@y.example", "level": "cc"}]}));
        body["expiresAt"] = expiry.into();
        let refused = ask(&world, "partnerAdmin", body).assert_rejected(422, code).await;
        let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
        assert_eq!(
            refused.faults(),
            [fault("/expiresAt", code), fault("/individuals/0/email", "not-a-member")]
        );
    }
    assert!(EXPIRY < "2029");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_50_pending_requests_are_refused() {
    let world = World::demo().await;
    // The demo world already has three pending requests.
    let all = join_all(
        (0..60)
            .map(|_| ask(&world, "partnerMember", request_body(individual_grantee("ren", "cc"))).decided()),
    )
    .await;
    let made: Vec<_> = all.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(made.len(), 47);
    assert!(all.iter().all(|reply| reply.status == 201 || reply.code() == "too-many-pending"));
    let refused = ask(&world, "partnerAdmin", request_body(individual_grantee("ren", "cc")))
        .assert_rejected(409, "too-many-pending")
        .await;
    assert_eq!(refused.body["errors"][0]["limit"], 50);
    decide(&world, made[0].body["id"].as_str().unwrap(), "decline", json!({})).send().await.ok();
    assert_eq!(
        ask(&world, "partnerMember", request_body(individual_grantee("ren", "cc"))).send().await.status,
        201
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lapsed_requests_no_longer_count_before_the_schedule_runs() {
    let world = World::demo().await;
    let send = |until: &str| {
        let mut body = request_body(individual_grantee("ren", "cc"));
        body["expiresAt"] = until.into();
        ask(&world, "partnerMember", body)
    };
    // With the demo world's three pending requests these are as many as allowed.
    let short = join_all((0..47).map(|_| send("2026-01-10T09:00:00Z").decided())).await;
    assert!(short.iter().all(|reply| reply.status == 201));
    set_time(&world, "2026-01-10T08:59:59.999Z").await;
    send(EXPIRY).assert_rejected(409, "too-many-pending").await;
    set_time(&world, "2026-01-10T09:00:00Z").await;
    let long = join_all((0..60).map(|_| send(EXPIRY).decided())).await;
    assert_eq!(long.iter().filter(|reply| reply.status == 201).count(), 47);
    assert!(long.iter().all(|reply| reply.status == 201 || reply.code() == "too-many-pending"));
    send(EXPIRY).assert_rejected(409, "too-many-pending").await;
    // The scheduled job records each lapse once, and frees nothing a second time.
    for _ in 0..2 {
        world.post("/_local/tick").send().await.ok();
        let log = "/v1/partners/{partner}/history?type=access.lapsed";
        assert_eq!(events(&world, log, "partnerAdmin").await.len(), 47);
        send(EXPIRY).assert_rejected(409, "too-many-pending").await;
    }
    let id = long.iter().find(|reply| reply.status == 201).unwrap().body["id"].as_str().unwrap();
    decide(&world, id, "cancel", json!({})).send().await.ok();
    assert_eq!(send(EXPIRY).send().await.status, 201);
    send(EXPIRY).assert_rejected(409, "too-many-pending").await;
}
