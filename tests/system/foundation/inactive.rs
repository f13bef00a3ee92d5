//! People whose record was disabled, removed, moved or erased, and people of a deactivated party: their tokens are still
//! valid, and open nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use system::canonical::{self, Canonical};
use system::{Call, World};

use crate::orders::run_job_after_a_minute;

/// Operations that tell a person what became of it.
const OPEN: [&str; 2] = ["get-me", "export-my-data"];

fn calls_of_people() -> Vec<Canonical> {
    let calls = canonical::all().into_iter().filter(|call| !call.open() && !call.signed());
    calls.filter(|call| !["operator", "agent"].contains(&call.person()["role"].as_str().unwrap())).collect()
}

/// Calls every operation as every person whose call is published, and asserts that none succeeds and nothing changes.
async fn assert_nothing_opens(world: &World, ends: &str) {
    let contents = world.contents().await;
    let mut people = BTreeSet::new();
    for call in calls_of_people() {
        people.insert(call.person().to_string());
        for query in ["", "validateOnly=true"].into_iter().filter(|query| !call.reads() || query.is_empty()) {
            let reply = call.call(world, query).send().await;
            if !OPEN.contains(&call.operation) {
                assert_eq!(
                    (reply.status, reply.code()),
                    (404, "not-found"),
                    "{ends}: {}: {}",
                    call.id,
                    reply.body
                );
            }
        }
    }
    for person in people {
        let me = world
            .get("/v1/me")
            .token(&world.token_of(serde_json::from_str(&person).unwrap()))
            .send()
            .await
            .ok();
        assert_eq!(me["operations"].as_array().unwrap().len(), OPEN.len(), "{ends}: {me}");
        assert_eq!(me["record"], Value::Null, "{ends}");
    }
    world.assert_unchanged(&contents).await;
}

/// Adds a manager and an admin, so that nobody is the last one. Returns the records of all people who publish calls.
async fn records(world: &World) -> Vec<Value> {
    let manager = json!({"email": "spare@yamada.example", "name": "Spare", "manager": true});
    let more = [
        ("/v1/organizations/{yamada}/customers", manager.clone()),
        ("/v1/organizations/{bogazici}/customers", manager),
        (
            "/v1/partners/{partner}/members",
            json!({"email": "spare@miyako.example", "name": "Spare", "admin": true}),
        ),
        (
            "/v1/partners/{otherPartner}/members",
            json!({"email": "spare@miyako.example", "name": "Spare", "admin": true}),
        ),
    ];
    for (path, body) in more {
        world.post(path).by("operator").json(body).send().await.ok();
    }
    let emails: BTreeSet<_> =
        calls_of_people().iter().map(|call| call.person()["email"].to_string()).collect();
    let mut records = Vec::new();
    for email in emails {
        let path = format!("/v1/people?email={}", email.trim_matches('"'));
        let found = world.get(&path).by("agent").send().await.ok();
        records.extend(found["items"].as_array().unwrap().clone());
    }
    assert!(records.len() > 4, "{records:?}");
    records
}

fn path_of(record: &Value) -> String {
    let id = record["id"].as_str().unwrap();
    match record["partner"]["id"].as_str() {
        Some(partner) => format!("/v1/partners/{partner}/members/{id}"),
        None => format!("/v1/customers/{id}"),
    }
}

async fn end_all<'a>(world: &'a World, end: impl Fn(&'a World, &Value) -> Call<'a>) {
    for record in records(world).await {
        end(world, &record).send().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_people_open_nothing() {
    let world = World::demo().await;
    end_all(&world, |world, one| world.post(&format!("{}/disable", path_of(one))).by("operator")).await;
    assert_nothing_opens(&world, "disabled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_people_open_nothing() {
    let world = World::demo().await;
    end_all(&world, |world, one| world.delete(&path_of(one)).by("operator")).await;
    assert_nothing_opens(&world, "removed").await;
}

/// Members cannot move, so they are removed.
#[tokio::test(flavor = "multi_thread")]
async fn moved_customers_open_nothing_in_the_organization_that_they_left() {
    let world = World::demo().await;
    end_all(&world, |world, one| match one["partner"].is_null() {
        true => {
            let to = json!({"organizationId": "{sol}"});
            world
                .post(&format!("{}/move", path_of(one)))
                .by("operator")
                .key(one["id"].as_str().unwrap())
                .json(to)
        }
        false => world.delete(&path_of(one)).by("operator"),
    })
    .await;
    assert_nothing_opens(&world, "moved").await;
}

/// Also after the last look, which forgets the e-mail.
#[tokio::test(flavor = "multi_thread")]
async fn erased_people_open_nothing() {
    let world = World::demo().await;
    let emails: BTreeSet<_> =
        records(&world).await.iter().map(|one| one["email"].as_str().unwrap().to_owned()).collect();
    for email in emails {
        let erase = world.post("/v1/people/erase").by("operator").key(&email).json(json!({"email": email}));
        erase.send().await.ok();
    }
    assert_nothing_opens(&world, "erased").await;
    run_job_after_a_minute(&world).await;
    run_job_after_a_minute(&world).await;
    assert_nothing_opens(&world, "erased and forgotten").await;
}

/// People without a record read by token, until their party is deactivated.
#[tokio::test(flavor = "multi_thread")]
async fn people_without_a_record_open_nothing_of_a_deactivated_party() {
    let world = World::demo().await;
    let stranger = |role: &str, org: &str| {
        let person = json!({"sub": "x", "email": "x@x.example", "role": role, "org": org, "manager": true});
        world.token_of(person)
    };
    for (role, of, path) in [
        ("partner", "closingPartner", "/v1/partners/{closingPartner}"),
        ("customer", "closingOrganization", "/v1/organizations/{closingOrganization}"),
    ] {
        let token = stranger(role, world.id(of));
        world.get(path).token(&token).send().await.ok();
        world.post(&format!("{path}/deactivate")).by("operator").key(of).send().await.ok();
        for path in [path, "/v1/service-requests", "/v1/me/submit-options", "/v1/products"] {
            world.get(path).token(&token).assert_rejected(404, "not-found").await;
        }
        assert_eq!(
            world.get("/v1/me").token(&token).send().await.ok()["operations"],
            json!(["get-me", "export-my-data"])
        );
    }
}
