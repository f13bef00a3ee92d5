//! `approve-access-request`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{
    EXPIRY, ask, decide, events, grant, individual_grantee, level, request_body, resolved,
    send_request_for_id, set_time,
};

#[test]
fn canonical_call_is_published() {
    let body = json!({"expiresAt": "2026-10-01T00:00:00Z"});
    Payload::of("approve-access-request", "/v1/access-requests/{accessRequest}/approve")
        .by("contactManager")
        .json(&body)
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_grants_take_effect_at_once() {
    let world = World::demo().await;
    let more = json!({"organizationLevel": "update", "individuals": [{"email": "ren@miyako.example", "level": "create"}]});
    let id = send_request_for_id(&world, more).await;
    assert_eq!(level(&world, "ren").await.as_deref(), Some("look"), "the old one stands while it is pending");
    let reply = decide(&world, &id, "approve", json!({})).send().await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"2\"")));
    assert_eq!(
        (&reply.body["state"], &reply.body["organizationId"]),
        (&json!("approved"), &json!(world.id("yamada")))
    );
    let ren = resolved(&world, "ren").await;
    assert_eq!((&ren["level"], &ren["grant"]["requestId"]), (&json!("create"), &json!(id)));
    let ineffective =
        ren["ineffectiveGrants"].as_array().unwrap().iter().map(|grant| grant["reason"].as_str().unwrap());
    let mut ineffective: Vec<_> = ineffective.collect();
    ineffective.sort_unstable();
    assert_eq!(ineffective, ["individual-wins", "replaced", "replaced"]);
    assert_eq!(level(&world, "aiko").await.as_deref(), Some("update"));
    let recorded = events(&world, "/v1/partners/{partner}/history", "partnerAdmin").await;
    let of =
        |kind: &'static str| recorded.iter().rev().filter(move |(of, _)| of == kind).map(|(_, data)| data);
    let granted: Vec<_> = of("access.granted").take(2).collect();
    assert!(granted.iter().all(|data| data["requestId"] == id && data["autoExtend"] == false), "{granted:?}");
    let ids: Vec<_> = granted.iter().rev().map(|data| &data["grantId"]).collect();
    assert_eq!(of("access.approved").next(), Some(&json!({"requestId": id, "grantIds": ids})));
    let kinds: Vec<_> = events(&world, "/v1/organizations/{yamada}/history", "contactManager").await;
    let kinds: Vec<_> = kinds.iter().map(|(kind, _)| kind.as_str()).rev().take(5).collect();
    assert_eq!(
        kinds,
        ["access.approved", "access.replaced", "access.replaced", "access.granted", "access.granted"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_shows_the_organization_without_adding_it_to_the_partners_directory() {
    let world = World::demo().await;
    let wanted = json!({"contactManagerEmail": "elif@bogazici.example", "expiresAt": EXPIRY, "organizationLevel": "look"});
    let made = ask(&world, "partnerAdmin", wanted).send().await.ok();
    let id = made["id"].as_str().unwrap();
    let find = || world.get("/v1/partners/{partner}/organizations?name=bogazici").by("partnerMember").send();
    world.get("/v1/organizations/{bogazici}").by("partnerMember").assert_rejected(404, "not-found").await;
    let path = format!("/v1/access-requests/{id}/approve");
    let approve = || world.post(&path).by("otherContactManager").json(json!({}));
    approve().send().await.ok();
    assert_eq!(find().await.ok()["items"], json!([]));
    world.get("/v1/organizations/{bogazici}").by("partnerMember").send().await.ok();
    let mine = world.get("/v1/partners/{partner}/access").by("partnerMember").send().await.ok();
    let names: Vec<_> =
        mine["items"].as_array().unwrap().iter().map(|one| &one["organization"]["name"]).collect();
    assert!(names.contains(&&json!("Boğaziçi Otel A.Ş.")), "{names:?}");
    // An organization that is in the directory stays there unchanged.
    let links = |contents: std::collections::BTreeMap<(String, String), String>| -> Vec<_> {
        contents
            .into_iter()
            .filter(|((pk, sk), _)| pk.starts_with("PARTNER#") && sk.starts_with("CUSTOMER#"))
            .collect()
    };
    let before = links(world.contents().await);
    let id = send_request_for_id(&world, individual_grantee("aiko", "look")).await;
    decide(&world, &id, "approve", json!({})).send().await.ok();
    assert_eq!(links(world.contents().await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn approver_may_reduce_but_not_exceed_the_request() {
    let world = World::demo().await;
    let more = json!({"organizationLevel": "create", "individuals": [
        {"email": "ren@miyako.example", "level": "update"}, {"email": "aiko@miyako.example", "level": "update"},
    ]});
    let id = send_request_for_id(&world, more).await;
    for (less, at, code) in [
        (json!({"organizationLevel": "service-admin"}), "/organizationLevel", "exceeds-request"),
        (json!({"expiresAt": "2027-01-05T09:00:00.001Z"}), "/expiresAt", "exceeds-request"),
        (individual_grantee("ren", "create"), "/individuals/0/level", "exceeds-request"),
        (individual_grantee("nobody", "cc"), "/individuals/0/email", "exceeds-request"),
        (json!({"organizationLevel": null, "individuals": []}), "", "no-grants-left"),
        (json!({"expiresAt": "2026-01-05T09:00:00Z"}), "/expiresAt", "expiry-passed"),
    ] {
        let refused = decide(&world, &id, "approve", less.clone()).assert_rejected(422, code).await;
        assert_eq!(refused.faults(), [(at.to_owned(), code.to_owned())], "{less}");
    }
    let all = json!({"organizationLevel": "full-admin", "expiresAt": "2028-01-05T09:00:00Z"});
    assert_eq!(
        decide(&world, &id, "approve", all).assert_rejected(422, "exceeds-request").await.faults().len(),
        2
    );
    let mut less = individual_grantee("ren", "cc");
    less["organizationLevel"] = Value::Null;
    less["expiresAt"] = "2026-02-05T09:00:00Z".into();
    decide(&world, &id, "approve", less).send().await.ok();
    let ren = resolved(&world, "ren").await;
    assert_eq!(
        (&ren["level"], &ren["expiresAt"]),
        (&json!("cc"), &json!(world.moved("2026-02-05T09:00:00Z")))
    );
    let aiko = resolved(&world, "aiko").await;
    assert_eq!((&aiko["level"], &aiko["grant"]["id"]), (&json!("create"), &json!(world.id("grantOfAll"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_addressed_contact_manager_on_record_may_decide() {
    let world = World::demo().await;
    let (path, decline) =
        ("/v1/access-requests/{accessRequest}/approve", "/v1/access-requests/{accessRequest}/decline");
    let org = world.id("yamada").to_owned();
    let person = |email: &str, verified: bool, org: &str| {
        world.token_of(json!({"sub": "p", "email": email, "email_verified": verified, "role": "customer", "org": org, "manager": true}))
    };
    for path in [path, decline] {
        // Not the addressee: another contact manager, Yuki's e-mail in another organization, and a
        // customer who is not a contact manager.
        world.post(path).by("otherContactManager").json(json!({})).assert_rejected(404, "not-found").await;
        let elsewhere = person("yuki@yamada.example", true, world.id("bogazici"));
        world.post(path).token(&elsewhere).json(json!({})).assert_rejected(404, "not-found").await;
        for who in ["customer", "partnerAdmin", "operator"] {
            world.post(path).by(who).json(json!({})).assert_rejected(403, "role-not-allowed").await;
        }
        let unverified = person("yuki@yamada.example", false, &org);
        world.post(path).token(&unverified).json(json!({})).assert_rejected(403, "unknown-caller").await;
        let absent = path.replace("{accessRequest}", &world.id("accessRequest").replace("000002", "000099"));
        world.post(&absent).by("contactManager").json(json!({})).assert_rejected(404, "not-found").await;
    }
    let wanted = json!({"contactManagerEmail": "sora@yamada.example", "expiresAt": EXPIRY, "organizationLevel": "look"});
    let made = ask(&world, "partnerAdmin", wanted).send().await.ok();
    let path = format!("/v1/access-requests/{}/approve", made["id"].as_str().unwrap());
    let sora = person("sora@yamada.example", true, &org);
    world.post(&path).token(&sora).json(json!({})).assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_for_a_removed_or_re_added_member_is_refused() {
    let world = World::demo().await;
    let id = send_request_for_id(&world, individual_grantee("ren", "update")).await;
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    decide(&world, &id, "approve", json!({})).assert_rejected(422, "not-a-member").await;
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    grant(&world, "partner", individual_grantee("ren", "cc")).send().await.ok();
    let refused = decide(&world, &id, "approve", json!({})).assert_rejected(422, "record-replaced").await;
    assert!(refused.body["detail"].as_str().unwrap().contains("another record"), "{}", refused.body);
    assert_eq!(level(&world, "ren").await.as_deref(), Some("cc"), "and keeps what it was given since");
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_and_grant_to_the_managers_own_partner_are_refused() {
    let world = World::demo().await;
    let yuki = json!({"email": "yuki@yamada.example", "name": "Yuki"});
    world.post("/v1/partners/{partner}/members").by("operator").json(yuki).send().await.ok();
    decide(&world, "{accessRequest}", "approve", json!({}))
        .assert_rejected(422, "self-grant-forbidden")
        .await;
    grant(&world, "partner", json!({"organizationLevel": "cc"}))
        .assert_rejected(422, "self-grant-forbidden")
        .await;
    grant(&world, "otherPartner", json!({"organizationLevel": "cc"})).send().await.ok();
    decide(&world, "{accessRequest}", "decline", json!({})).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn second_decision_is_refused_and_repeated_key_replays_the_answer() {
    let world = World::demo().await;
    let approve = |key: &str| decide(&world, "{accessRequest}", "approve", json!({})).key(key);
    let first = approve("one").send().await;
    let contents = world.contents().await;
    let again = approve("one").send().await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    world.assert_unchanged(&contents).await;
    for verb in ["approve", "decline", "cancel"] {
        let refused = decide(&world, "{accessRequest}", verb, json!({}))
            .assert_rejected(409, "request-not-pending")
            .await;
        assert!(refused.body["detail"].as_str().unwrap().contains("approved"), "{}", refused.body);
    }
    let stale = decide(&world, "{toDecline}", "approve", json!({})).header("if-match", "\"7\"");
    stale.assert_rejected(412, "version-mismatch").await;
    let trial = world.post("/v1/access-requests/{toDecline}/approve?validateOnly=true").by("contactManager");
    let contents = world.contents().await;
    assert_eq!(trial.json(json!({})).send().await.ok()["state"], "approved");
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_decisions_take_effect_once() {
    let world = World::demo().await;
    for seed in 0..6 {
        let id = send_request_for_id(&world, individual_grantee("aiko", "update")).await;
        world.chaos(5, seed);
        let verbs = ["approve", "decline", "cancel", "approve", "decline", "cancel"];
        let all = join_all(verbs.map(|verb| decide(&world, &id, verb, json!({})).decided())).await;
        world.chaos(0, 0);
        let done: Vec<_> = all.iter().filter(|reply| reply.status == 200).collect();
        let shown = world.get(&format!("/v1/access-requests/{id}")).by("partnerMember").send().await.ok();
        // The decision that took effect may have been answered 503. Its retry was then refused, so
        // there may be no reply with 200.
        assert!(done.len() <= 1, "{all:?}");
        assert!(done.iter().all(|reply| reply.body["state"] == shown["state"]));
        let log = events(&world, "/v1/partners/{partner}/history", "partnerMember").await;
        let decisions =
            log.iter().filter(|(kind, _)| !["access.requested", "access.granted"].contains(&&**kind));
        let ends = decisions.filter(|(_, data)| data["requestId"] == id);
        let ends: Vec<_> = ends.collect();
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(ends[0].0, format!("access.{}", shown["state"].as_str().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_or_lapsed_request_is_refused() {
    let world = World::demo().await;
    let mut body = request_body(individual_grantee("aiko", "update"));
    body["expiresAt"] = "2026-01-06T09:00:00Z".into();
    let made = ask(&world, "partnerAdmin", body).send().await.ok();
    set_time(&world, "2026-01-06T09:00:00Z").await;
    let id = made["id"].as_str().unwrap();
    // The request is lapsed from its deadline on, whether or not the scheduled job has run.
    let refused = decide(&world, id, "approve", json!({})).assert_rejected(409, "request-not-pending").await;
    assert!(refused.body["detail"].as_str().unwrap().contains("lapsed"));
    let shown = world.get(&format!("/v1/access-requests/{id}")).by("partnerMember").send().await.ok();
    assert_eq!((&shown["state"], &shown["decidedAt"]), (&json!("lapsed"), &made["expiresAt"]));
    set_time(&world, "2026-04-05T10:00:00Z").await;
    let refused =
        decide(&world, "{toDecline}", "approve", json!({})).assert_rejected(409, "request-not-pending").await;
    assert!(refused.body["detail"].as_str().unwrap().contains("lapsed"));
}
