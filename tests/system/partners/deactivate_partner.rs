//! `deactivate-partner`

use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use super::prepare_deactivation;
use crate::orders::{link, run_job_after_a_minute, send_order};

#[test]
fn canonical_call_is_published() {
    Payload::of("deactivate-partner", "/v1/partners/{closingPartner}/deactivate").by("operator").publish();
}

pub fn deactivate<'a>(world: &'a World, partner: &str, key: &str) -> Call<'a> {
    world.post(&format!("/v1/partners/{{{partner}}}/deactivate")).by("operator").key(key)
}

/// Returns the state of the members of the demo world's new partner: e-mail, and whether it is disabled.
pub async fn members(world: &World) -> Vec<(String, bool)> {
    let page = world.get("/v1/partners/{newPartner}/members").by("operator").send().await.ok();
    let one =
        |member: &Value| (member["email"].as_str().unwrap().to_owned(), member["disabledAt"].is_string());
    page["items"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_equals_the_effect_and_nothing_opens_afterwards() {
    let world = World::demo().await;
    prepare_deactivation(&world).await;
    let contents = world.contents().await;
    let preview =
        world.post("/v1/partners/{newPartner}/deactivate?validateOnly=true").by("operator").key("v");
    let preview = preview.send().await.ok();
    world.assert_unchanged(&contents).await;
    let ends = json!({"grants": 1, "accessRequests": 1, "people": 1, "directoryEntries": 0});
    assert_eq!((&preview["ends"], &preview["people"]), (&ends, &json!(["Hana Abe"])), "{preview}");
    assert_eq!((&preview["store"]["account"], &preview["state"]), (&json!("ec-9"), &json!("deactivated")));
    assert_eq!(preview["parties"].as_array().map(Vec::len), Some(1), "{preview}");

    let done = deactivate(&world, "newPartner", "k").send().await;
    assert_eq!((done.status, &done.body["state"], &done.body["ends"]), (200, &json!("deactivated"), &ends));
    assert!(members(&world).await.iter().all(|(_, is_disabled)| *is_disabled));
    let access = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    assert!(access.to_string().contains("\"deactivated\""), "{access}");
    let requests = world.get("/v1/partners/{newPartner}/access-requests").by("operator").send().await.ok();
    assert_eq!(requests["items"][0]["state"], "cancelled");
    let shown = world.get("/v1/partners/{newPartner}").by("agent").send().await.ok();
    assert_eq!((&shown["deactivatedAt"], &shown["store"]), (&done.body["deactivatedAt"], &Value::Null));

    for path in ["", "/members", "/organizations", "/license-pools", "/access-requests", "/history"] {
        let path = format!("/v1/partners/{{newPartner}}{path}");
        world.get(&path).by("newPartnerAdmin").assert_rejected(404, "not-found").await;
        world.get(&path).by("agent").send().await.ok();
    }
    // A repeat with the same key replays, one with another key changes nothing.
    let again = deactivate(&world, "newPartner", "k").send().await;
    assert_eq!(again.body, done.body);
    let repeated = deactivate(&world, "newPartner", "d").send().await.ok();
    assert_eq!((&repeated["state"], &repeated["version"]), (&json!("deactivated"), &done.body["version"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_made_for_a_deactivated_partner_and_orders_are_parked() {
    let world = World::demo().await;
    prepare_deactivation(&world).await;
    deactivate(&world, "newPartner", "d").send().await.ok();
    let member = json!({"email": "x@sakura.example", "name": "X"});
    let organization = json!({"name": "X", "partnerId": "{newPartner}"});
    let grant = json!({"partnerId": "{newPartner}", "expiresAt": "2026-12-05T09:00:00Z", "organizationLevel": "look"});
    for (method, path, who, body) in [
        ("POST", "/v1/partners/{newPartner}/members", "operator", member),
        ("PUT", "/v1/partners/{newPartner}/organizations/{sol}", "operator", json!({})),
        (
            "PUT",
            "/v1/partners/{newPartner}/store",
            "operator",
            json!({"sourceId": "{source}", "account": "ec-10"}),
        ),
        ("POST", "/v1/organizations", "operator", organization),
        ("POST", "/v1/organizations/{yamada}/access", "contactManager", grant),
    ] {
        let call = world.call(method, path).by(who).json(body);
        call.assert_rejected(409, "partner-deactivated").await;
    }
    assert_eq!(send_order(&world, "SO-7", "ec-9", 5).await.status, 202, "the order is parked");
    let listed = async |state: &str| {
        let page =
            world.get(&format!("/v1/partners?state={state}&pageSize=100")).by("agent").send().await.ok();
        page.to_string().contains(world.id("newPartner"))
    };
    assert!(listed("deactivated").await && !listed("active").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_must_be_decided_first_is_refused_at_once() {
    let world = World::demo().await;
    let refused = deactivate(&world, "partner", "d").assert_rejected(409, "licenses-left").await;
    let codes: Vec<_> = refused.faults().into_iter().map(|(_, code)| code).collect();
    assert!(codes.contains(&"running-subscription".to_owned()), "{codes:?}");
    let by_agent = world.post("/v1/partners/{partner}/deactivate").by("agent").key("d");
    by_agent.assert_rejected(403, "role-not-allowed").await;
    let absent = world.id("partner").replace("0001", "0009");
    let call = world.post(&format!("/v1/partners/{absent}/deactivate")).by("operator").key("d");
    call.assert_rejected(404, "not-found").await;
    deactivate(&world, "newPartner", "d")
        .header("if-match", "\"9\"")
        .assert_rejected(412, "version-mismatch")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_deactivation_is_finished_by_the_schedule() {
    for others in 0..6 {
        for kill in [Kill::Before, Kill::After] {
            let world = World::demo().await;
            prepare_deactivation(&world).await;
            world.fault_proxy().kill("deactivate-partner", others, kill);
            let killed = deactivate(&world, "newPartner", "k").send().await;
            world.fault_proxy().spare();
            if killed.status >= 500 {
                run_job_after_a_minute(&world).await;
            }
            let again = deactivate(&world, "newPartner", "k").send().await;
            assert_eq!(again.body["state"], "deactivated", "{others} {kill:?}: {}", again.body);
            assert!(members(&world).await.iter().all(|(_, is_disabled)| *is_disabled), "{others} {kill:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_order_is_parked_or_withdraws_the_deactivation() {
    for round in 0..20 {
        let world = World::demo().await;
        link(&world, "{newPartner}", "ec-9").await.ok();
        world.chaos(4, round);
        let order = async { send_order(&world, "SO-7", "ec-9", 5).await };
        let ended = async {
            loop {
                let reply = deactivate(&world, "newPartner", "d").send().await;
                if reply.status != 503 && reply.code() != "still-running" {
                    return reply;
                }
                world.post("/_local/time").bytes(br#"{"advance":"PT1M1S"}"#).send().await.ok();
            }
        };
        let (order, ended) = futures_util::future::join(order, ended).await;
        world.chaos(0, 0);
        let page = world.get("/v1/partners/{newPartner}/license-pools").by("operator").send().await.ok();
        let available: u64 =
            page["items"].as_array().unwrap().iter().map(|pool| pool["available"].as_u64().unwrap()).sum();
        match ended.status {
            200 => assert_eq!((order.status, available), (202, 0), "round {round}: {}", ended.body),
            409 => assert_eq!((ended.code(), available), ("licenses-left", 5), "round {round}"),
            status => panic!("{status} {}", ended.body),
        }
    }
}
