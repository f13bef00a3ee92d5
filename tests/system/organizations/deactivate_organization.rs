//! `deactivate-organization`

use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{deactivate, prepare_deactivation};
use crate::orders::run_job_after_a_minute;

#[test]
fn canonical_call_is_published() {
    Payload::of("deactivate-organization", "/v1/organizations/{closingOrganization}/deactivate")
        .by("operator")
        .publish();
}

/// Returns e-mail and disabled state of the organization's customers.
pub async fn customers(world: &World) -> Vec<(Value, bool)> {
    let mut found = Vec::new();
    for email in ["mei%40aoba.example", "jin%40aoba.example"] {
        let page = world.get(&format!("/v1/customers?email={email}")).by("operator").send().await.ok();
        let one = &page["items"][0];
        found.push((one["email"].clone(), one["disabledAt"].is_string()));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_equals_the_effect_and_nothing_opens_afterwards() {
    let world = World::demo().await;
    let (id, token) = prepare_deactivation(&world).await;
    let contents = world.contents().await;
    let path = format!("/v1/organizations/{id}/deactivate?validateOnly=true");
    let preview = world.post(&path).by("operator").key("v").send().await.ok();
    world.assert_unchanged(&contents).await;
    let ends = json!({"grants": 1, "accessRequests": 0, "people": 1, "directoryEntries": 1});
    assert_eq!((&preview["ends"], &preview["parties"]), (&ends, &json!(["Miyako Security"])), "{preview}");
    assert_eq!(preview["people"], json!(["mei@aoba.example"]));

    let done = deactivate(&world, &id, "d").send().await.ok();
    assert_eq!((&done["state"], &done["ends"]), (&json!("deactivated"), &ends));
    assert!(customers(&world).await.iter().all(|(_, is_disabled)| *is_disabled));
    for path in ["", "/access", "/subscriptions", "/history"] {
        let path = format!("/v1/organizations/{id}{path}");
        world.get(&path).token(&token).assert_rejected(404, "not-found").await;
        world.get(&path).by("agent").send().await.ok();
    }
    let path = format!("/v1/organizations/{id}");
    world.get(&path).by("partnerAdmin").assert_rejected(404, "not-found").await;
    for list in ["organizations", "access", "subscriptions"] {
        let list = format!("/v1/partners/{{partner}}/{list}?pageSize=100");
        let list = world.get(&list).by("partnerAdmin").send().await.ok();
        assert!(!list.to_string().contains(&id), "{list}");
    }

    let customer = json!({"email": "x@aoba.example", "name": "X"});
    world
        .post(&format!("{path}/customers"))
        .by("operator")
        .json(customer)
        .assert_rejected(409, "organization-deactivated")
        .await;
    let add = world.put(&format!("/v1/partners/{{newPartner}}/organizations/{id}")).by("operator");
    add.assert_rejected(409, "organization-deactivated").await;
    let entitlement = json!({"productId": "{product}"});
    let call = world.post(&format!("{path}/entitlements")).by("operator").json(entitlement);
    call.assert_rejected(409, "organization-deactivated").await;
    let request = json!({"subject": "S", "description": "D", "kind": "question"});
    let call = world.post(&format!("{path}/service-requests")).token(&token).json(request);
    call.assert_rejected(404, "not-found").await;
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
    let assign = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
    assign
        .key("late")
        .json(json!({"organizationId": id, "lines": lines}))
        .assert_rejected(404, "not-found")
        .await;
    let line = json!({"kind": "subscription", "sku": "ER-1", "quantity": 1, "startsAt": "2026-01-05T09:00:00Z",
        "term": "P1Y", "organization": {"id": id}});
    let data = json!({"orderId": "SO-8", "storeAccount": "ec-4711", "lines": [line]});
    let body = json!({"type": "order.placed", "timestamp": world.now(), "data": data});
    let refused = world.message(world.id("secret"), "m8", &body).send().await;
    assert_eq!((refused.status, refused.code()), (422, "deactivated-organization"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_must_be_decided_first_is_refused_at_once() {
    let world = World::demo().await;
    let refused = deactivate(&world, "{yamada}", "d").assert_rejected(409, "running-subscription").await;
    let codes: Vec<_> = refused.faults().into_iter().map(|(_, code)| code).collect();
    assert!(codes.contains(&"unsolved-service-request".to_owned()), "{codes:?}");
    let by_agent = world.post("/v1/organizations/{yamada}/deactivate").by("agent").key("d");
    by_agent.assert_rejected(403, "role-not-allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_deactivation_is_finished_by_the_schedule() {
    for others in 0..6 {
        for kill in [Kill::Before, Kill::After] {
            let world = World::demo().await;
            let (id, _) = prepare_deactivation(&world).await;
            world.fault_proxy().kill("deactivate-organization", others, kill);
            let killed = deactivate(&world, &id, "k").send().await;
            world.fault_proxy().spare();
            if killed.status >= 500 {
                run_job_after_a_minute(&world).await;
            }
            let again = deactivate(&world, &id, "k").send().await;
            assert_eq!(again.body["state"], "deactivated", "{others} {kill:?}: {}", again.body);
            assert!(customers(&world).await.iter().all(|(_, is_disabled)| *is_disabled));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_entitlement_of_a_deactivated_organization_or_its_customers_is_made_or_extended() {
    let world = World::demo().await;
    let (id, _) = prepare_deactivation(&world).await;
    let page = world.get("/v1/customers?email=mei%40aoba.example").by("operator").send().await.ok();
    let customer = page["items"][0]["id"].as_str().unwrap().to_owned();
    let new = json!({"productId": "{product}", "endsAt": "2026-01-06T00:00:00Z"});
    let owners =
        [format!("/v1/organizations/{id}/entitlements"), format!("/v1/customers/{customer}/entitlements")];
    let mut made = Vec::new();
    for path in &owners {
        made.push(world.post(path).by("operator").json(new.clone()).send().await.ok());
    }
    deactivate(&world, &id, "d").send().await.ok();
    for (path, made) in owners.iter().zip(made) {
        let call = world.post(path).by("operator").json(new.clone());
        call.assert_rejected(409, "organization-deactivated").await;
        let path = format!("{path}/{}", made["id"].as_str().unwrap());
        let later = world.patch(&path).by("operator").json(json!({"endsAt": "2027-01-06T00:00:00Z"}));
        later.assert_rejected(409, "organization-deactivated").await;
        let sooner = world.patch(&path).by("operator").json(json!({"endsAt": "2026-01-05T12:00:00Z"}));
        sooner.send().await.ok();
    }
}

/// A deactivation is killed after each of its steps: an assignment is refused from the first one on.
#[tokio::test(flavor = "multi_thread")]
async fn interrupted_deactivation_refuses_irreversible_assignments() {
    let mut codes = Vec::new();
    for others in 0..6 {
        let world = World::demo().await;
        let (id, _) = prepare_deactivation(&world).await;
        world.fault_proxy().kill("deactivate-organization", others, Kill::After);
        deactivate(&world, &id, "k").send().await;
        world.fault_proxy().spare();
        let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
        let assign = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
        let reply = assign.key("late").json(json!({"organizationId": id, "lines": lines})).send().await;
        assert!([201, 404, 409].contains(&reply.status), "{}", reply.body);
        if reply.status != 201 {
            codes.push(reply.code().to_owned());
        }
    }
    assert!(codes.contains(&"organization-deactivated".to_owned()), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn solved_request_of_a_deactivated_organization_is_not_reopened() {
    let world = World::demo().await;
    let (id, token) = prepare_deactivation(&world).await;
    let path = format!("/v1/organizations/{id}/service-requests");
    let request = json!({"subject": "S", "description": "D", "kind": "question"});
    let request = world.post(&path).token(&token).json(request).send().await.ok();
    let path = format!("{path}/{}/updates", request["id"].as_str().unwrap());
    let set = |status: &str| world.post(&path).by("agent").json(json!({"status": status}));
    set("solved").send().await.ok();
    set("open").send().await.ok();
    set("solved").send().await.ok();
    deactivate(&world, &id, "d").send().await.ok();
    for status in ["open", "waiting"] {
        set(status).assert_rejected(409, "organization-deactivated").await;
    }
    set("closed").send().await.ok();
}
