//! `resolve-access`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{decide, grant, individual_grantee, level, request_body, resolved, set_time};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "resolve-access",
        "/v1/organizations/{yamada}/access/resolve?partnerId={partner}&email=ren%40miyako.example",
    )
    .by("partnerMember")
    .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn deciding_grant_and_ineffective_grants_with_reasons_are_returned() {
    let world = World::demo().await;
    let ren = resolved(&world, "ren").await;
    assert_eq!(
        (&ren["level"], &ren["expiresAt"], &ren["member"]),
        (&json!("look"), &json!(world.moved("2026-07-05T09:00:00Z")), &json!(true))
    );
    assert_eq!(ren["grant"]["id"], world.id("grantOfRen"));
    assert_eq!(
        (&ren["ineffectiveGrants"][0]["id"], &ren["ineffectiveGrants"][0]["reason"]),
        (&json!(world.id("grantOfAll")), &json!("individual-wins"))
    );
    // The contact manager does not learn who is a member of a partner without access; the vendor's agent does.
    let path =
        "/v1/organizations/{yamada}/access/resolve?partnerId={otherPartner}&email=deniz%40anadolu.example";
    let hidden = world.get(path).by("contactManager").send().await.ok();
    assert_eq!((hidden.get("member"), hidden.get("name"), hidden["partner"].get("name")), (None, None, None));
    let shown = world.get(path).by("agent").send().await.ok();
    assert_eq!(
        (&shown["member"], &shown["name"], &shown["partner"]["name"], &shown["organization"]["name"]),
        (&json!(true), &json!("Deniz Kaya"), &json!("Anadolu Güvenlik"), &json!("株式会社ヤマダ電機"))
    );
    let nobody = resolved(&world, "nobody").await;
    assert_eq!(
        (nobody.get("level"), &nobody["member"], &nobody["ineffectiveGrants"][0]["reason"]),
        (None, &json!(false), &json!("not-a-member"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn membership_is_hidden_until_a_request_of_the_partner_was_approved() {
    let world = World::demo().await;
    grant(&world, "otherPartner", json!({"organizationLevel": "cc"})).send().await.ok();
    let resolve = async |name: &str, who: &str| {
        let path = "/v1/organizations/{yamada}/access/resolve?partnerId={otherPartner}&email=";
        world.get(&format!("{path}{name}%40anadolu.example")).by(who).send().await.ok()
    };
    let mut recorded = Vec::new();
    for name in ["deniz", "nobody"] {
        let mut shown = resolve(name, "contactManager").await;
        assert_eq!((&shown["level"], shown.get("member")), (&json!("cc"), None), "{shown}");
        assert_eq!(shown.get("name"), None, "{shown}");
        shown.as_object_mut().unwrap().remove("email");
        recorded.push(shown);
    }
    assert_eq!(recorded[0], recorded[1]);
    assert_eq!(resolve("nobody", "agent").await["member"], false, "the vendor sees all");
    let ask = world.post("/v1/partners/{otherPartner}/access-requests").by("otherPartnerAdmin");
    let requested = ask.json(request_body(json!({"organizationLevel": "look"}))).send().await.ok();
    decide(&world, requested["id"].as_str().unwrap(), "approve", json!({})).send().await.ok();
    for (name, member) in [("deniz", true), ("nobody", false)] {
        assert_eq!(resolve(name, "contactManager").await["member"], member, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_member_its_admin_contact_manager_and_vendor_may_query() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/access/resolve?partnerId={partner}&email=";
    for who in ["operator", "agent", "contactManager", "partnerAdmin", "partnerMember"] {
        world.get(&format!("{path}REN%40miyako.example")).by(who).send().await.ok();
    }
    world
        .get(&format!("{path}aiko%40miyako.example"))
        .by("partnerMember")
        .assert_rejected(404, "not-found")
        .await;
    for who in ["otherPartnerAdmin", "otherContactManager"] {
        world.get(&format!("{path}ren%40miyako.example")).by(who).assert_rejected(404, "not-found").await;
    }
    world
        .get(&format!("{path}ren%40miyako.example"))
        .by("customer")
        .assert_rejected(403, "role-not-allowed")
        .await;
    // An organization that never granted access is indistinguishable from one that does not exist.
    let absent = world.id("yamada").replace("0001", "0099");
    for organization in [absent.as_str(), "{bogazici}"] {
        let path = format!(
            "/v1/organizations/{organization}/access/resolve?partnerId={{partner}}&email=ren%40miyako.example"
        );
        world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    }
    let path =
        format!("/v1/organizations/{absent}/access/resolve?partnerId={{partner}}&email=ren%40miyako.example");
    world.get(&path).by("operator").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_member_loses_access_at_once_and_re_adding_revives_nothing() {
    let world = World::demo().await;
    world.delete("/v1/partners/{partner}/members/{ren}").by("partnerAdmin").send().await.ok();
    assert_eq!(level(&world, "ren").await, None);
    // A removed member whose token is still valid can query neither their own access nor another member's.
    let path = "/v1/organizations/{yamada}/access/resolve?partnerId={partner}&email=";
    let (email, org) = ("ren@miyako.example", world.id("partner"));
    let admin = json!({"sub": "ren", "email": email, "role": "partner", "org": org, "manager": true});
    for name in ["ren", "aiko"] {
        let call = world.get(&format!("{path}{name}%40miyako.example"));
        call.clone().by("partnerMember").assert_rejected(404, "not-found").await;
        call.token(&world.token_of(admin.clone())).assert_rejected(404, "not-found").await;
    }
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post("/v1/partners/{partner}/members").by("partnerAdmin").json(again).send().await.ok();
    let ren = resolved(&world, "ren").await;
    assert_eq!(
        (&ren["level"], &ren["grant"]["id"]),
        (&json!("create"), &json!(world.id("grantOfAll"))),
        "what all have"
    );
    assert_eq!(
        (&ren["ineffectiveGrants"][0]["id"], &ren["ineffectiveGrants"][0]["reason"]),
        (&json!(world.id("grantOfRen")), &json!("another-member"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_grant_is_ignored_before_the_scheduled_job_runs() {
    let world = World::demo().await;
    let grant = |name: &str, end: &str| {
        let mut more = individual_grantee(name, "update");
        more["expiresAt"] = end.into();
        grant(&world, "partner", more).send()
    };
    grant("ren", "2026-01-10T09:00:00.000Z").await.ok();
    for (now, expected) in [
        ("2026-01-10T08:59:59.999Z", "update"),
        ("2026-01-10T09:00:00.000Z", "create"),
        ("2026-01-10T09:00:00.001Z", "create"),
        ("2026-01-17T09:00:00.000Z", "create"),
    ] {
        set_time(&world, now).await;
        assert_eq!(level(&world, "ren").await.as_deref(), Some(expected), "{now}");
    }
    assert_eq!(resolved(&world, "ren").await["ineffectiveGrants"][1]["reason"], "expired");
    for (now, expected) in [("2027-01-05T08:59:59.999Z", Some("create")), ("2027-01-05T09:00:00.000Z", None)]
    {
        set_time(&world, now).await;
        assert_eq!(level(&world, "aiko").await.as_deref(), expected, "{now}");
    }
}
