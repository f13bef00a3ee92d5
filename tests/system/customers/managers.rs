//! Management of an organization's customers: by its contact managers, of whom one must always remain, and by
//! partners with `full-admin` access.

use futures_util::future::join;
use serde_json::json;
use system::{World, strength};

use crate::access::{grant, individual_grantee, set_time};

#[tokio::test(flavor = "multi_thread")]
async fn last_contact_manager_cannot_be_removed_or_demoted() {
    let world = World::demo().await;
    let change = |who: &str, manager: bool| {
        world.patch(&format!("/v1/customers/{{{who}}}")).by("operator").json(json!({"manager": manager}))
    };
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
    change("haruto", false).send().await.ok();
    world.delete(&yuki).by("operator").assert_rejected(409, "last-contact-manager").await;
    world.delete(&yuki).by("contactManager").assert_rejected(409, "last-contact-manager").await;
    let clear = world.patch(&yuki).by("operator").json(json!({"manager": false, "name": "Y"}));
    clear.assert_rejected(409, "last-contact-manager").await;
    change("sora", true).send().await.ok();
    world.delete(&yuki).by("operator").send().await.ok();
    world.delete("/v1/customers/{sora}").by("operator").assert_rejected(409, "last-contact-manager").await;
    change("haruto", true).send().await.ok();
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_demotion_and_removal_keep_one_contact_manager() {
    for seed in strength::seeds(8, 200) {
        let world = World::demo().await;
        let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
        let yuki = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
        world.chaos(4, seed);
        let clear = world.patch(&yuki).by("operator").json(json!({"manager": false})).decided();
        let (one, other) = join(clear, world.delete("/v1/customers/{haruto}").by("operator").decided()).await;
        world.chaos(0, 0);
        let mut told = [one.status, other.status];
        told.sort_unstable();
        // A call that was answered 503 may have taken effect; its retry is then idempotent and answers 200.
        assert_eq!(told, [200, 409], "{} {}", one.body, other.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn full_admin_partner_manages_customers_but_no_contact_managers() {
    let world = World::demo().await;
    let path = "/v1/organizations/{bogazici}/customers";
    let create = |body: serde_json::Value| world.post(path).by("otherPartnerAdmin").json(body);
    let made = create(json!({"email": "n@bogazici.example", "name": "N"})).send().await.ok();
    let made = format!("/v1/customers/{}", made["id"].as_str().unwrap());
    let change = |body: serde_json::Value| world.patch(&made).by("otherPartnerAdmin").json(body);
    assert_eq!(change(json!({"name": "Nur"})).send().await.ok()["name"], "Nur");
    change(json!({"manager": true})).assert_rejected(403, "contact-manager-restricted").await;
    create(json!({"email": "m@bogazici.example", "name": "M", "manager": true}))
        .assert_rejected(403, "contact-manager-restricted")
        .await;
    let found = world.get("/v1/customers?email=elif%40bogazici.example").by("operator").send().await.ok();
    let elif = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
    let clear = world.patch(&elif).by("otherPartnerAdmin").json(json!({"manager": false}));
    clear.assert_rejected(403, "contact-manager-restricted").await;
    world.delete(&elif).by("otherPartnerAdmin").assert_rejected(403, "contact-manager-restricted").await;
    // A partner may not create a customer with the e-mail of one of its own members.
    for email in ["deniz@anadolu.example", "ren@anadolu.example"] {
        let member = json!({"email": email, "name": "Own"});
        let call = create(member.clone());
        match email {
            "deniz@anadolu.example" => drop(call.assert_rejected(422, "self-management-forbidden").await),
            _ => drop(call.send().await.ok()),
        }
    }
    let member = json!({"email": "n@bogazici.example", "name": "Nur"});
    world.post("/v1/partners/{otherPartner}/members").by("operator").json(member).send().await.ok();
    change(json!({"name": "Mine"})).assert_rejected(422, "self-management-forbidden").await;
    world.delete(&made).by("otherPartnerAdmin").assert_rejected(422, "self-management-forbidden").await;
    let history = world.get("/v1/organizations/{bogazici}/history?type=customer.created&pageSize=1");
    let history = history.by("otherContactManager").send().await.ok();
    assert_eq!(history["items"][0]["actor"]["type"], "partner", "the organization sees who did it");
    // A customer of another organization is not found, and a partner may not create an unaffiliated customer.
    world
        .patch("/v1/customers/{sora}")
        .by("otherPartnerAdmin")
        .json(json!({"name": "x"}))
        .assert_rejected(404, "not-found")
        .await;
    let nobody = world
        .post("/v1/customers")
        .by("otherPartnerAdmin")
        .json(json!({"email": "x@y.example", "name": "X"}));
    nobody.assert_rejected(403, "role-not-allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn level_below_full_admin_is_refused_without_revealing_customers() {
    let world = World::demo().await;
    let create = || {
        let body = json!({"email": "n@yamada.example", "name": "N"});
        let call = world.post("/v1/organizations/{yamada}/customers").by("partnerMember");
        call.header("x-request-id", "same").json(body)
    };
    // The refusal is the same for an e-mail and an external id in use, so it does not reveal who is a customer.
    let taken = || {
        let body = json!({"email": "sora@yamada.example", "name": "N", "externalId": "Y-2"});
        let call = world.post("/v1/organizations/{yamada}/customers").by("partnerMember");
        call.header("x-request-id", "same").json(body)
    };
    for level in ["cc", "look", "update", "create", "service-admin"] {
        grant(&world, "partner", individual_grantee("ren", level)).send().await.ok();
        let refused = create().assert_rejected(403, "access-level-too-low").await;
        assert_eq!(taken().assert_rejected(403, "access-level-too-low").await.body, refused.body);
        assert!(
            refused.body["detail"].as_str().unwrap().ends_with("this needs `full-admin`"),
            "{}",
            refused.body
        );
    }
    grant(&world, "partner", individual_grantee("ren", "full-admin")).send().await.ok();
    create().send().await.ok();
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    create().assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_access_is_refused() {
    let world = World::demo().await;
    for (now, email, status) in [
        ("2026-01-06T08:59:59.999Z", "a@bogazici.example", 201),
        ("2026-01-06T09:00:00.000Z", "b@bogazici.example", 404),
    ] {
        set_time(&world, now).await;
        let body = json!({"email": email, "name": "N"});
        let call = world.post("/v1/organizations/{bogazici}/customers").by("otherPartnerAdmin").json(body);
        assert_eq!(call.send().await.status, status, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn external_ids_are_separate_per_creator_and_hidden_from_others() {
    let world = World::demo().await;
    let create = |who: &str, email: &str| {
        let body = json!({"email": format!("{email}@yamada.example"), "name": "N", "externalId": "N-1"});
        world.post("/v1/organizations/{yamada}/customers").by(who).json(body)
    };
    grant(&world, "partner", individual_grantee("ren", "full-admin")).send().await.ok();
    let all = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-02-05T09:00:00Z", "organizationLevel": "full-admin"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(all).send().await.ok();
    for (who, email) in
        [("operator", "a"), ("contactManager", "b"), ("partnerMember", "c"), ("otherPartnerAdmin", "d")]
    {
        let made = create(who, email).send().await.ok();
        assert_eq!(made["externalId"], "N-1", "{who} has ids of its own");
        if who != "otherPartnerAdmin" {
            // Another partner that updates the customer sees neither its external id nor its creator.
            let path = format!("/v1/customers/{}", made["id"].as_str().unwrap());
            let seen =
                world.patch(&path).by("otherPartnerAdmin").json(json!({"name": "M"})).send().await.ok();
            assert_eq!((seen.get("externalId"), seen.get("createdBy")), (None, None), "{who}");
        }
    }
    create("partnerMember", "e").assert_rejected(409, "external-id-taken").await;
}
