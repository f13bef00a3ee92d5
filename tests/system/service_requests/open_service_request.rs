//! `open-service-request`

use futures_util::future::join;
use serde_json::json;
use system::payload::Payload;
use system::{World, strength};

use super::{PATH, customer, grant_ren, open, ren};
use crate::access::set_time;

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "description": "Please move the recorder to the second floor.",
        "kind": "change",
        "subject": "New cameras in Ginza",
    });
    Payload::of("open-service-request", "/v1/organizations/{yamada}/service-requests")
        .by("partnerAdmin")
        .json(&body)
        .publish();
}

const KINDS: [&str; 6] = ["incident", "question", "change", "configuration", "site-deletion", "access"];

#[tokio::test(flavor = "multi_thread")]
async fn customer_may_submit_every_kind_for_its_organization() {
    let world = World::demo().await;
    for kind in KINDS {
        let made = open(&world, "customer", kind).send().await;
        let id = made.body["id"].as_str().unwrap().to_owned();
        assert_eq!(
            (made.status, made.header("location")),
            (201, Some(&*world.fill(&format!("{PATH}/{id}"))))
        );
        let sora = customer(&world, "sora", "Sora Sato");
        let expected = json!({
            "id": id, "organizationId": world.id("yamada"), "subject": "Cameras", "description": "Line one\nline two",
            "kind": kind, "status": "open", "submittedBy": sora,
            "primaryContact": sora, "additionalContacts": [], "updates": 0, "version": 1,
            "organizationName": "株式会社ヤマダ電機",
        });
        assert_eq!(world.timeless(made.body), expected);
        let path = "/v1/organizations/{yamada}/history?pageSize=1";
        let history = world.get(path).by("contactManager").send().await.ok();
        assert_eq!(history["items"][0]["type"], "service-request.opened");
        assert_eq!(history["items"][0]["data"], json!({"serviceRequestId": id, "kind": kind}));
    }
    for who in ["operator", "agent"] {
        open(&world, who, "question").assert_rejected(403, "role-not-allowed").await;
    }
    open(&world, "otherCustomer", "question").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_may_submit_only_the_kinds_its_level_allows() {
    let world = World::demo().await;
    for (level, most) in
        [("cc", 0), ("look", 0), ("update", 0), ("create", 3), ("service-admin", 6), ("full-admin", 6)]
    {
        grant_ren(&world, level).await;
        for (number, kind) in KINDS.iter().enumerate() {
            let call = open(&world, "partnerMember", kind);
            if number >= most {
                let refused = call.assert_rejected(403, "access-level-too-low").await;
                let detail = refused.body["detail"].as_str().unwrap();
                let needed = if number < 3 { "`create`" } else { "`service-admin`" };
                assert!(detail.contains(&format!("`{level}`")) && detail.ends_with(needed), "{detail}");
                continue;
            }
            let made = call.send().await.ok();
            let ren = ren(&world);
            assert_eq!((&made["submittedBy"], &made["primaryContact"]), (&ren, &ren), "{level} {kind}");
        }
    }
    // The event in the partner's history names the organization.
    let history =
        world.get("/v1/partners/{partner}/history?pageSize=1").by("partnerMember").send().await.ok();
    assert_eq!(history["items"][0]["organization"]["id"], world.id("yamada"));
    // Without access, a partner does not find the organization.
    open(&world, "otherPartnerAdmin", "question").assert_rejected(404, "not-found").await;
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    open(&world, "partnerMember", "question").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_body_reports_every_fault() {
    let world = World::demo().await;
    let long = "x".repeat(32 * 1024 + 1);
    let body = json!({"subject": "", "description": long, "kind": "wish"});
    let refused = world.post(PATH).by("customer").json(body).assert_rejected(400, "invalid-request").await;
    let mut faults = refused.faults();
    faults.sort();
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(
        faults,
        [
            fault("/description", "invalid-length"),
            fault("/kind", "unknown-value"),
            fault("/subject", "invalid-length")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn submission_concurrent_with_revocation_happens_before_it_or_not_at_all() {
    for seed in strength::seeds(24, 600) {
        let world = World::demo().await;
        grant_ren(&world, "create").await;
        let found = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
        let grant = found["items"][0]["grants"][2]["id"].as_str().unwrap().to_owned();
        world.chaos(4, seed);
        let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{grant}");
        let revoke = world.delete(&path).by("contactManager").decided();
        let of_all = "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}";
        let submitted = async || {
            let path = "/v1/partners/{partner}/history?type=service-request.opened";
            let history = world.get(path).by("partnerAdmin").send().await.ok();
            history["items"].as_array().unwrap().len()
        };
        let revoked = async {
            world.delete(of_all).by("contactManager").decided().await.ok();
            revoke.await.ok();
            submitted().await
        };
        let (before, made) =
            join(revoked, open(&world, "partnerMember", "question").key("k").decided()).await;
        world.chaos(0, 0);
        assert_eq!(submitted().await, before, "nothing is submitted once access is lost");
        assert!(made.status == 404 || (before, made.status) == (1, 201), "{}", made.body);
        open(&world, "partnerMember", "question").assert_rejected(404, "not-found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_access_is_refused() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-01-10T09:00:00Z", "organizationLevel": "create"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    for (now, status) in
        [("2026-01-10T08:59:59.999Z", 201), ("2026-01-10T09:00:00Z", 404), ("2026-01-17T09:00:00Z", 404)]
    {
        set_time(&world, now).await;
        assert_eq!(open(&world, "otherPartnerAdmin", "question").send().await.status, status, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_after_access_was_revoked_is_refused() {
    let world = World::demo().await;
    let submit = || open(&world, "partnerAdmin", "question").key("k");
    submit().send().await.ok();
    assert_eq!(submit().send().await.header("idempotent-replayed"), Some("true"));
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}";
    world.delete(path).by("contactManager").send().await.ok();
    submit().assert_rejected(404, "not-found").await;
}

/// Returns the call that opens a service request; `more` adds a primary contact or a time zone.
fn open_for<'a>(world: &'a World, who: &str, more: serde_json::Value) -> system::Call<'a> {
    let mut body = json!({"subject": "Cameras", "description": "One", "kind": "question"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post(PATH).by(who).json(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn submitter_is_primary_contact_unless_another_person_is_named() {
    let world = World::demo().await;
    let haruto = customer(&world, "haruto", "Haruto Ono");
    for who in ["customer", "partnerAdmin"] {
        let made =
            open_for(&world, who, json!({"primaryContact": "haruto@yamada.example"})).send().await.ok();
        assert_eq!((&made["primaryContact"], &made["additionalContacts"]), (&haruto, &json!([])), "{who}");
    }
    let own = open_for(&world, "partnerAdmin", json!({"primaryContact": "aiko@miyako.example"}));
    let own = own.send().await.ok();
    assert_eq!(own["primaryContact"], own["submittedBy"]);
    // An unknown person, another partner's member and a customer of another organization cannot be the primary contact.
    for email in ["nobody@yamada.example", "deniz@anadolu.example", "can@bogazici.example"] {
        for who in ["customer", "partnerAdmin"] {
            let call = open_for(&world, who, json!({"primaryContact": email}));
            let refused = call.assert_rejected(422, "unknown-contact").await;
            assert_eq!(refused.faults()[0].0, "/primaryContact");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_with_update_can_be_named_as_the_primary_contact() {
    let world = World::demo().await;
    let for_ren = || json!({"primaryContact": "ren@miyako.example"});
    grant_ren(&world, "look").await;
    for who in ["customer", "partnerAdmin"] {
        let refused = open_for(&world, who, for_ren());
        let refused = refused.assert_rejected(422, "primary-needs-update").await;
        assert_eq!(refused.faults()[0].0, "/primaryContact");
    }
    grant_ren(&world, "update").await;
    for who in ["customer", "partnerAdmin"] {
        let made = open_for(&world, who, for_ren()).send().await.ok();
        assert_eq!(made["primaryContact"], ren(&world), "{who}");
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        assert_eq!(world.get(&path).by("partnerMember").send().await.ok()["formerContacts"], json!([]));
    }
    // The time zone is that of a submitter who is the primary contact itself.
    let mut with_zone = for_ren();
    with_zone["timeZone"] = json!("Asia/Tokyo");
    open_for(&world, "partnerAdmin", with_zone).assert_rejected(422, "misplaced-time-zone").await;
}

/// A customer without a record is known by its e-mail, and stays the submitter after it was put on record.
#[tokio::test(flavor = "multi_thread")]
async fn customer_without_a_record_submits_by_its_token() {
    let world = World::demo().await;
    let new =
        json!({"sub": "kei", "email": "kei@yamada.example", "role": "customer", "org": world.id("yamada")});
    let token = world.token_of(new);
    let body = json!({"subject": "Cameras", "description": "One", "kind": "question"});
    let made = world.post(PATH).token(&token).json(body).send().await.ok();
    let kei = json!({"email": "kei@yamada.example"});
    assert_eq!((&made["submittedBy"], &made["primaryContact"]), (&kei, &kei));
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let record = json!({"email": "kei@yamada.example", "name": "Kei"});
    let record = world.post("/v1/organizations/{yamada}/customers").by("operator").json(record);
    let record = record.send().await.ok();
    let shown = world.get(&path).by("agent").send().await.ok();
    assert_eq!((&shown["submittedBy"], &shown["formerContacts"]), (&kei, &json!([])));
    let update = world.post(&format!("{path}/updates")).token(&token).json(json!({"text": "x"}));
    let by = json!({"type": "customer", "email": "kei@yamada.example", "displayName": "Kei", "customerId": record["id"]});
    assert_eq!(update.send().await.ok()["by"], by);
    let path = format!("/v1/customers/{}", record["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let shown = world.get(&path).by("agent").send().await.ok();
    assert_eq!(shown["formerContacts"], json!(["kei@yamada.example"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_zone_is_accepted_only_with_a_partners_primary_contact() {
    let world = World::demo().await;
    let zone = || json!({"timeZone": "Asia/Tokyo"});
    let made = open_for(&world, "partnerAdmin", zone()).send().await.ok();
    assert_eq!(made["timeZone"], "Asia/Tokyo");
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path).by("customer").send().await.ok()["effectiveTimeZone"], "Asia/Tokyo");
    assert_eq!(open_for(&world, "partnerAdmin", json!({})).send().await.ok().get("timeZone"), None);

    let contents = world.contents().await;
    let for_another = json!({"timeZone": "Asia/Tokyo", "primaryContact": "haruto@yamada.example"});
    for (who, more) in
        [("customer", zone()), ("partnerAdmin", for_another.clone()), ("customer", for_another)]
    {
        let refused = open_for(&world, who, more).assert_rejected(422, "misplaced-time-zone").await;
        assert_eq!(refused.faults()[0].0, "/timeZone");
        assert!(refused.body["detail"].as_str().unwrap().contains("primary contact"), "{}", refused.body);
    }
    let wrong = open_for(&world, "partnerAdmin", json!({"timeZone": "Tokyo"}));
    let wrong = wrong.assert_rejected(400, "invalid-request").await;
    assert_eq!(wrong.faults(), [("/timeZone".to_owned(), "invalid-time-zone".to_owned())]);
    // One answer reports all business rules that are violated.
    let both = json!({"timeZone": "Asia/Tokyo", "primaryContact": "nobody@yamada.example"});
    let refused = open_for(&world, "partnerAdmin", both).send().await;
    let faults: Vec<_> = refused.faults().into_iter().map(|(at, _)| at).collect();
    assert_eq!((refused.status, faults), (422, vec!["/primaryContact".to_owned(), "/timeZone".to_owned()]));
    world.assert_unchanged(&contents).await;
}
