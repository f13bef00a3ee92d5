//! `deactivate-subscription`

use domain::Timestamp;
use futures_util::future::{join, join_all};
use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

use super::{OF_YAMADA, all, created_ids, deactivate, events, get_as, ids, line, order};
use crate::orders::run_job_after_a_minute;

#[test]
fn canonical_call_is_published() {
    let body = json!({"reason": "The office in Ginza closes."});
    Payload::of(
        "deactivate-subscription",
        "/v1/organizations/{yamada}/subscriptions/{subscription}/deactivate",
    )
    .by("contactManager")
    .json(&body)
    .publish();
}

fn deactivate_with_body<'a>(world: &'a World, who: &str, query: &str, body: Value) -> Call<'a> {
    let path = format!("{OF_YAMADA}/{{subscription}}/deactivate{query}");
    world.post(&path).by(who).key("wish").json(body)
}

async fn set_time(world: &World, millis: u64) {
    let time = json!({"set": Timestamp::from_unix_millis(millis)}).to_string();
    world.post("/_local/time").bytes(time.as_bytes()).send().await.ok();
}

/// Orders `count` subscriptions for Harbour Hotels, each linked to the previous one, and returns their ids.
async fn chain(world: &World, count: usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    while all.len() < count {
        let size = 20.min(count - all.len());
        let lines: Vec<Value> = (0..size)
            .map(|index| {
                let linked = match (index, all.last()) {
                    (0, None) => json!([]),
                    (0, Some(last)) => json!([last]),
                    _ => json!([index - 1]),
                };
                line("subscription", "ER-1", "C-3", json!({"linkedTo": linked}))
            })
            .collect();
        all.extend(created_ids(&order(world, &format!("SO-{}", all.len()), json!(lines)).await.ok()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_subscriptions_are_deactivated_together_as_previewed() {
    let world = World::demo().await;
    let four = ["subscription", "wallSubscription", "collection", "app"].map(|name| world.id(name));
    let before = world.contents().await;
    let preview = deactivate_with_body(&world, "contactManager", "?validateOnly=true", json!({}))
        .without("idempotency-key")
        .send()
        .await
        .ok();
    world.assert_unchanged(&before).await;
    let listed = ids(&preview["deactivated"]);
    assert_eq!((listed[0], listed.len()), (four[0], 4));
    assert!(four.iter().all(|id| listed.contains(id)));

    let body = json!({"reason": "The office closes.", "expected": listed});
    let done = deactivate_with_body(&world, "contactManager", "", body.clone()).send().await;
    assert_eq!((done.status, done.header("etag")), (200, Some("\"2\"")));
    assert_eq!((ids(&done.body["deactivated"]), &done.body["status"]), (listed.clone(), &json!("inactive")));
    for id in four {
        let one = get_as(&world, "operator", "{yamada}", id).await;
        assert_eq!((&one["status"], &one["setUpDue"]), (&json!("inactive"), &json!(false)));
        assert_eq!(
            (&one["deactivation"]["cause"], &one["deactivation"]["reason"]),
            (&json!(four[0]), &json!("The office closes."))
        );
    }
    // Each deactivation is an event with the same cause, in the partner's history, too.
    let told = events(&world, "{yamada}", "subscription.deactivated").await;
    assert!(told.len() == 4 && told.iter().all(|event| event["data"]["cause"] == four[0]));
    let path = "/v1/partners/{partner}/history?type=subscription.deactivated";
    assert_eq!(world.get(path).by("partnerMember").send().await.ok()["items"].as_array().unwrap().len(), 4);
    // The entitlements of these subscriptions end, and no others.
    let profile = world.get("/v1/organizations/{yamada}/profile").by("agent").send().await.ok();
    let numbers: Vec<_> =
        profile["entitlements"].as_array().unwrap().iter().filter_map(|one| one["number"].as_str()).collect();
    assert_eq!(numbers, [world.id("number")]);
    assert_eq!(
        get_as(&world, "operator", "{bogazici}", world.id("otherSubscription")).await["status"],
        "pending-set-up"
    );

    // Idempotent, with the same key or with another one.
    let contents = world.contents().await;
    let replayed = deactivate_with_body(&world, "contactManager", "", body).send().await;
    assert_eq!((replayed.header("idempotent-replayed"), &replayed.body), (Some("true"), &done.body));
    world.assert_unchanged(&contents).await;
    let again = deactivate(&world, "contactManager", "{yamada}", four[0]).send().await.ok();
    assert_eq!(ids(&again["deactivated"]), listed);
    assert_eq!(get_as(&world, "operator", "{yamada}", four[0]).await["version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_affected_set_is_refused() {
    let world = World::demo().await;
    let preview =
        deactivate_with_body(&world, "contactManager", "?validateOnly=true", json!({})).send().await.ok();
    let expected: Vec<String> = ids(&preview["deactivated"]).into_iter().map(str::to_owned).collect();
    let new = created_ids(
        &order(
            &world,
            "SO-Y",
            json!([line("subscription", "ER-1", "C-1", json!({"linkedTo": ["{subscription}"]}))]),
        )
        .await
        .ok(),
    );
    let differs = deactivate_with_body(&world, "contactManager", "", json!({"expected": expected}))
        .assert_rejected(409, "affected-set-changed")
        .await;
    let listed = differs.body["errors"].as_array().unwrap();
    let named = |id: &str| listed.iter().any(|error| error["detail"].as_str().unwrap().contains(id));
    assert!(
        listed.len() == 5 && named(&new[0]) && expected.iter().all(|id| named(id)),
        "the list is the true one"
    );
    deactivate_with_body(&world, "contactManager", "", json!({"expected": []}))
        .assert_rejected(409, "affected-set-changed")
        .await;
    let others: Vec<&str> =
        expected.iter().map(String::as_str).chain([world.id("otherSubscription")]).collect();
    deactivate_with_body(&world, "contactManager", "", json!({"expected": others}))
        .assert_rejected(409, "affected-set-changed")
        .await;
    deactivate_with_body(&world, "contactManager", "", json!({"expected": ["sub_1"], "colour": 1}))
        .assert_rejected(400, "invalid-request")
        .await;
    let all: Vec<&String> = expected.iter().chain(&new).collect();
    assert_eq!(
        ids(&deactivate_with_body(&world, "contactManager", "", json!({"expected": all})).send().await.ok()["deactivated"])
            .len(),
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_or_missing_key_is_refused() {
    let world = World::demo().await;
    let wall = format!("{OF_YAMADA}/{{wallSubscription}}/deactivate");
    let call = |who: &str| world.post(&wall).by(who).key("k").json(json!({}));
    for who in ["partnerAdmin", "agent"] {
        call(who).assert_rejected(403, "role-not-allowed").await;
    }
    call("otherCustomer").assert_rejected(404, "not-found").await;
    call("contactManager").without("idempotency-key").assert_rejected(400, "idempotency-key-missing").await;
    call("contactManager").header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
    world
        .post(&format!("{OF_YAMADA}/{{otherSubscription}}/deactivate"))
        .by("operator")
        .key("k")
        .json(json!({}))
        .assert_rejected(404, "not-found")
        .await;
    // The token claims a contact manager, but the customer record does not confirm it.
    let claims = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "manager": true,
        "org": world.id("yamada")});
    let forged = world.token_of(claims);
    world
        .post(&format!("{OF_YAMADA}/{{collection}}/deactivate"))
        .token(&forged)
        .key("k")
        .json(json!({}))
        .assert_rejected(403, "not-a-contact")
        .await;
    // A customer whose record was removed is no contact any more.
    world.delete("/v1/customers/{sora}").by("contactManager").send().await.ok();
    call("customer").assert_rejected(404, "not-found").await;
    call("contactManager").send().await.ok();
}

/// A contact of the root alone may not deactivate subscriptions of which it is no contact; the answer contains
/// their number, but not their ids.
#[tokio::test(flavor = "multi_thread")]
async fn right_over_every_member_of_the_closure_is_required() {
    let world = World::demo().await;
    let contacts = json!([{"email": "sora@yamada.example", "name": "Sora"}]);
    let lines = json!([
        line("subscription", "ER-1", "C-1", json!({"contacts": contacts})),
        line("subscription", "ER-1", "C-1", json!({"contacts": contacts, "linkedTo": [0]})),
        line("subscription", "ER-1", "C-1", json!({"linkedTo": [1]})),
        line("app", "DS-1", "C-1", json!({"parents": [2]})),
    ]);
    let new = created_ids(&order(&world, "SO-Y", lines).await.ok());
    for query in ["", "?validateOnly=true"] {
        let path = format!("{OF_YAMADA}/{}/deactivate{query}", new[0]);
        let body = json!({"expected": []});
        let refused =
            world.post(&path).by("customer").key("k").json(body).assert_rejected(403, "others-go-down").await;
        let detail = refused.body["errors"][0]["detail"].as_str().unwrap();
        assert!(
            detail
                .starts_with("4 subscriptions would be deactivated, and you are not a contact of 2 of them"),
            "{detail}"
        );
        for hidden in &new[2..] {
            assert!(!refused.body.to_string().contains(hidden.as_str()), "{}", refused.body);
        }
    }
    // Other answers to the contact do not contain the ids of hidden subscriptions either.
    let path = format!("{OF_YAMADA}/{}", new[1]);
    let seen = world.get(&path).by("customer").send().await.ok();
    assert_eq!(seen["linked"], json!([new[0]]));
    deactivate(&world, "operator", "{yamada}", &new[2]).send().await.ok();
    let seen = world.get(&path).by("customer").send().await.ok();
    assert_eq!((&seen["status"], &seen["deactivation"]["cause"]), (&json!("inactive"), &json!(null)));
    let again = deactivate(&world, "customer", "{yamada}", &new[0]).send().await.ok();
    assert_eq!((ids(&again["deactivated"]), &again["status"]), (vec![], &json!("inactive")));

    // A contact of all of the subscriptions may deactivate them.
    let lines = json!([
        line("subscription", "ER-1", "C-1", json!({"contacts": contacts})),
        line("subscription", "ER-1", "C-1", json!({"contacts": contacts, "linkedTo": [0]})),
    ]);
    let own = created_ids(&order(&world, "SO-Z", lines).await.ok());
    let done = deactivate(&world, "customer", "{yamada}", &own[0]).send().await.ok();
    assert_eq!(ids(&done["deactivated"]), [&own[0], &own[1]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn app_is_deactivated_with_its_last_parent_even_concurrently() {
    for round in strength::seeds(12, 300) {
        let world = World::demo().await;
        let lines = json!([
            line("subscription", "ER-1", "C-3", json!({})),
            line("subscription", "ER-1", "C-3", json!({})),
            line("app", "DS-1", "C-3", json!({"parents": [0, 1]})),
            line("collection", "VW-1", "C-3", json!({"linkedTo": [2]})),
        ]);
        let new = created_ids(&order(&world, "SO-H", lines).await.ok());
        if round.is_multiple_of(100) {
            let first = deactivate(&world, "operator", "{harbour}", &new[0]).send().await.ok();
            assert_eq!(ids(&first["deactivated"]), [&new[0]], "the app has another parent");
            let second = deactivate(&world, "operator", "{harbour}", &new[1]).send().await.ok();
            assert_eq!(ids(&second["deactivated"]), [&new[1], &new[2], &new[3]]);
            continue;
        }
        world.chaos(6, round);
        let (one, other) = join(
            deactivate(&world, "operator", "{harbour}", &new[0]).decided(),
            deactivate(&world, "operator", "{harbour}", &new[1]).decided(),
        )
        .await;
        assert_eq!((one.status, other.status), (200, 200));
        let there = all(&world, "{harbour}").await;
        assert!(there.iter().all(|one| one["status"] == "inactive"), "round {round}: {there:#?}");
        assert_eq!(events(&world, "{harbour}", "subscription.deactivated").await.len(), 4);
    }
}

/// An app may have another app as its last active parent, and two apps may be each other's parents. The
/// transaction then also needs the condition that these apps are active.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_deactivations_leave_no_app_without_an_active_parent() {
    // Each case: the parents of two apps, the two that are deactivated concurrently, those that stay active.
    for (parents, down, stays) in [([[0, 1], [0, 2]], [0, 2], vec![1]), ([[0, 3], [1, 2]], [0, 1], vec![])] {
        deactivate_concurrently(parents, down, stays).await;
    }
}

async fn deactivate_concurrently(parents: [[usize; 2]; 2], down: [usize; 2], stays: Vec<usize>) {
    for round in strength::seeds(12, 300) {
        let world = World::demo().await;
        let lines = json!([
            line("subscription", "ER-1", "C-3", json!({})),
            line("subscription", "ER-1", "C-3", json!({})),
            line("app", "DS-1", "C-3", json!({"parents": parents[0]})),
            line("app", "DS-1", "C-3", json!({"parents": parents[1]})),
        ]);
        let new = created_ids(&order(&world, "SO-H", lines).await.ok());
        world.chaos(6, round);
        let (one, other) = join(
            deactivate(&world, "operator", "{harbour}", &new[down[0]]).decided(),
            deactivate(&world, "operator", "{harbour}", &new[down[1]]).decided(),
        )
        .await;
        assert_eq!((one.status, other.status), (200, 200));
        let there = all(&world, "{harbour}").await.into_iter();
        let up: Vec<_> =
            there.filter(|one| one["status"] == "pending-set-up").map(|one| one["id"].clone()).collect();
        let stays: Vec<_> = stays.iter().map(|index| json!(new[*index])).collect();
        assert_eq!(up, stays, "round {round}, {parents:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_link_fails_or_is_deactivated_too() {
    for round in strength::seeds(12, 300) {
        let world = World::demo().await;
        let root = chain(&world, 3).await;
        world.chaos(5, round);
        let lines = json!([line("subscription", "ER-1", "C-3", json!({"linkedTo": [root[2]]}))]);
        let (down, linked) = join(
            deactivate(&world, "operator", "{harbour}", &root[0]).decided(),
            order(&world, "SO-L", lines),
        )
        .await;
        assert_eq!(down.status, 200);
        world.chaos(0, 0);
        let there = all(&world, "{harbour}").await;
        assert!(there.iter().all(|one| one["status"] == "inactive"), "round {round}");
        let expected = if linked.status == 200 { ("", 4) } else { ("subscription-deactivated", 3) };
        assert_eq!((linked.code(), there.len()), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_deactivate_once() {
    let world = World::demo().await;
    let root = chain(&world, 5).await;
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate", root[2]);
    let call =
        |number: usize| world.post(&path).by("operator").key(&format!("k{}", number % 2)).json(json!({}));
    let replies = join_all((0..64).map(|number| call(number).decided())).await;
    for reply in &replies {
        assert_eq!(ids(&reply.body["deactivated"]).len(), 5, "{} {}", reply.status, reply.body);
    }
    assert_eq!(events(&world, "{harbour}", "subscription.deactivated").await.len(), 5);
}

/// One transaction takes thirty subscriptions; more are deactivated step by step, and a retry or the scheduled
/// job completes them after an interruption.
#[tokio::test(flavor = "multi_thread")]
async fn set_larger_than_a_transaction_is_completed_after_any_interruption() {
    let world = World::demo().await;
    let thirty = chain(&world, 30).await;
    world.fault_proxy().take_costs();
    deactivate(&world, "operator", "{harbour}", &thirty[15]).send().await.ok();
    assert_eq!(world.fault_proxy().take_costs()["deactivate-subscription"].round_trips, 2, "at once");

    for again in [true, false] {
        for others in 0..6 {
            for kill in [Kill::Before, Kill::After] {
                let world = World::demo().await;
                let chain = chain(&world, 70).await;
                world.fault_proxy().kill("deactivate-subscription", others, kill);
                let call = || deactivate(&world, "operator", "{harbour}", &chain[35]);
                let first = call().send().await;
                world.fault_proxy().spare();
                let root = get_as(&world, "operator", "{harbour}", &chain[35]).await;
                if first.status == 500 && root["status"] == "deactivating" {
                    let refused = call().assert_rejected(409, "still-running").await;
                    assert_eq!(refused.header("retry-after"), Some("60"));
                    if again {
                        world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
                    } else {
                        run_job_after_a_minute(&world).await;
                    }
                }
                let done = call().send().await.ok();
                assert_eq!(
                    (&done["status"], ids(&done["deactivated"]).len()),
                    (&json!("inactive"), 70),
                    "{others} {kill:?}"
                );
                let there = all(&world, "{harbour}").await;
                assert!(there.iter().all(|one| one["status"] == "inactive"));
                assert_eq!(events(&world, "{harbour}", "subscription.deactivated").await.len(), 70);
                run_job_after_a_minute(&world).await;
                let contents = world.contents().await;
                run_job_after_a_minute(&world).await;
                world.assert_unchanged(&contents).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_what_is_left_of_the_lease() {
    let world = World::demo().await;
    let chain = world.chain(70).await;
    let call = || deactivate(&world, "operator", "{harbour}", &chain[0]);
    world.fault_proxy().kill("deactivate-subscription", 1, Kill::After);
    assert_eq!(call().send().await.status, 500);
    let begun = world.now().unix_millis();
    for (passed, left) in [(0, "60"), (500, "60"), (30_000, "30"), (59_999, "1")] {
        set_time(&world, begun + passed).await;
        let refused = call().assert_rejected(409, "still-running").await;
        assert_eq!(refused.header("retry-after"), Some(left), "after {passed} ms");
    }
    set_time(&world, begun + 60_000).await;
    assert_eq!(call().send().await.ok()["count"], 70);
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_of_a_large_set_lists_it_and_changes_nothing() {
    let world = World::demo().await;
    let chain = chain(&world, 41).await;
    let before = world.contents().await;
    let path =
        format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate?validateOnly=true", chain[0]);
    let preview = world.post(&path).by("operator").json(json!({})).send().await.ok();
    assert_eq!((&preview["status"], ids(&preview["deactivated"]).len()), (&json!("inactive"), 41));
    world.assert_unchanged(&before).await;
    let expected = ids(&preview["deactivated"]);
    let path = path.replace("?validateOnly=true", "");
    let done =
        world.post(&path).by("operator").key("k").json(json!({"expected": expected})).send().await.ok();
    assert_eq!(done["status"], "inactive");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_of_another_request_is_refused() {
    let world = World::demo().await;
    world.post("/v1/products").by("operator").key("wish").json(json!({"name": "Gate"})).send().await.ok();
    deactivate_with_body(&world, "operator", "", json!({}))
        .assert_rejected(422, "idempotency-key-reused")
        .await;
    let chain = chain(&world, 41).await;
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate", chain[0]);
    world
        .post(&path)
        .by("operator")
        .key("wish")
        .json(json!({}))
        .assert_rejected(422, "idempotency-key-reused")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_of_an_interrupted_deactivation_resumes_nothing() {
    let world = World::demo().await;
    let chain = world.chain(70).await;
    world.fault_proxy().kill("deactivate-subscription", 1, Kill::After);
    assert_eq!(deactivate(&world, "operator", "{harbour}", &chain[0]).send().await.status, 500);
    let path =
        format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate?validateOnly=true", chain[0]);
    for _ in 0..2 {
        let before = world.contents().await;
        let preview = world.post(&path).by("operator").json(json!({})).send().await.ok();
        assert_eq!((&preview["status"], &preview["count"]), (&json!("deactivating"), &json!(70)));
        world.assert_unchanged(&before).await;
        world.post("/_local/time").bytes(br#"{"advance":"PT2M"}"#).send().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resuming_with_the_key_of_another_request_is_refused() {
    let world = World::demo().await;
    let chain = world.chain(70).await;
    world.fault_proxy().kill("deactivate-subscription", 1, Kill::After);
    let call = || deactivate(&world, "operator", "{harbour}", &chain[0]);
    assert_eq!(call().send().await.status, 500);
    world.post("/v1/products").by("operator").key("gate").json(json!({"name": "Gate"})).send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"PT2M"}"#).send().await.ok();
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate", chain[0]);
    let other = world.post(&path).by("operator").key("gate").json(json!({}));
    other.assert_rejected(422, "idempotency-key-reused").await;
    assert_eq!(call().send().await.ok()["count"], 70);
}

/// The scheduled job completes a set that is too large for one call; a repeat replays the answer that says so.
#[tokio::test(flavor = "multi_thread")]
async fn scheduled_job_completes_a_very_large_deactivation() {
    let world = World::demo().await;
    let chain = world.chain(1_250).await;
    let call = || deactivate(&world, "operator", "{harbour}", &chain[600]);
    let first = call().send().await;
    let location = format!("/v1/organizations/{}/subscriptions/{}", world.id("harbour"), chain[600]);
    assert_eq!((first.status, first.header("location")), (202, Some(location.as_str())));
    assert_eq!((&first.body["status"], &first.body["count"]), (&json!("deactivating"), &json!(1_250)));
    assert_eq!(first.body["deactivated"].as_array().unwrap().len(), 500);
    let again = call().send().await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed"), &again.body),
        (202, Some("true"), &first.body)
    );
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate", chain[600]);
    world.post(&path).by("operator").key("other").json(json!({})).assert_rejected(409, "still-running").await;
    assert_eq!(get_as(&world, "agent", "{harbour}", &chain[600]).await["status"], "deactivating");
    run_job_after_a_minute(&world).await;
    assert!(all(&world, "{harbour}").await.iter().all(|one| one["status"] == "inactive"));
    let done = world.post(&path).by("operator").key("third").json(json!({})).send().await;
    assert_eq!((done.status, &done.body["status"]), (200, &json!("inactive")));
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_named_before_its_record_loses_access_when_removed() {
    let world = World::demo().await;
    let kenji = json!({"email": "kenji@yamada.example", "name": "Kenji"});
    let new = created_ids(
        &order(&world, "SO-Y", json!([line("subscription", "ER-1", "C-1", json!({"contacts": [kenji]}))]))
            .await
            .ok(),
    );
    let token = world.token_of(json!({"sub": "kenji", "email": "kenji@yamada.example", "role": "customer", "org": world.id("yamada")}));
    let path = format!("{OF_YAMADA}/{}", new[0]);
    world.get(&path).token(&token).send().await.ok();
    let record = world
        .post("/v1/organizations/{yamada}/customers")
        .by("operator")
        .json(kenji.clone())
        .send()
        .await
        .ok();
    world.get(&path).token(&token).send().await.ok();
    world
        .delete(&format!("/v1/customers/{}", record["id"].as_str().unwrap()))
        .by("operator")
        .send()
        .await
        .ok();
    world.get(&path).token(&token).assert_rejected(404, "not-found").await;
    let call = world.post(&format!("{path}/deactivate")).token(&token).key("k").json(json!({}));
    call.assert_rejected(404, "not-found").await;
    // A later order that names the person makes it a contact of that order's subscription, and of no other.
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"contacts": [kenji]}))]);
    let again = created_ids(&order(&world, "SO-Z", lines).await.ok());
    world.get(&path).token(&token).assert_rejected(404, "not-found").await;
    let path = format!("{OF_YAMADA}/{}", again[0]);
    world.get(&path).token(&token).send().await.ok();
    world.post(&format!("{path}/deactivate")).token(&token).key("l").json(json!({})).send().await.ok();
}
