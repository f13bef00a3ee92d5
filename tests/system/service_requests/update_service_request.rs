//! `update-service-request`

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

use super::{PATH, add_ren, grant_ren, open_for_id, ren};
use crate::access::{grant, individual_grantee, set_time};

#[test]
fn canonical_call_is_published() {
    let body = json!({"status": "waiting", "text": "Which firmware does the recorder run?"});
    Payload::of(
        "update-service-request",
        "/v1/organizations/{yamada}/service-requests/{serviceRequest}/updates",
    )
    .by("agent")
    .json(&body)
    .publish();
}

pub fn update<'a>(world: &'a World, who: &str, request: &str, body: Value) -> Call<'a> {
    world.post(&format!("{PATH}/{request}/updates")).by(who).json(body)
}

fn update_text<'a>(world: &'a World, who: &str, text: &str) -> Call<'a> {
    update(world, who, "{serviceRequest}", json!({"text": text}))
}

fn update_status<'a>(world: &'a World, who: &str, status: &str) -> Call<'a> {
    update(world, who, "{serviceRequest}", json!({"status": status}))
}

async fn status(world: &World) -> Value {
    let path = format!("{PATH}/{{serviceRequest}}");
    world.get(&path).by("agent").send().await.ok()["status"].clone()
}

/// Returns all updates of the demo world's service request.
pub async fn updates(world: &World) -> Vec<Value> {
    let path = format!("{PATH}/{{serviceRequest}}/updates?pageSize=100");
    world.get(&path).by("agent").send().await.ok()["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_status_are_stored_with_an_event() {
    let world = World::demo().await;
    let body = json!({"text": "Which firmware?\nPlease tell.", "status": "waiting"});
    let made = update(&world, "agent", "{serviceRequest}", body).send().await;
    let place = world.fill(&format!("{PATH}/{{serviceRequest}}/updates"));
    assert_eq!(
        (made.status, made.header("location"), made.header("etag")),
        (201, Some(&*place), Some("\"2\""))
    );
    let expected = json!({
        "serviceRequestId": world.id("serviceRequest"), "number": 1,
        "by": {"type": "agent", "email": "amir@vendor.example"},
        "text": "Which firmware?\nPlease tell.", "status": "waiting", "version": 2,
    });
    assert_eq!(world.timeless(made.body), expected);
    let shown = world.get(&format!("{PATH}/{{serviceRequest}}")).by("customer").send().await.ok();
    assert_eq!(
        (&shown["status"], &shown["updates"], &shown["version"]),
        (&json!("waiting"), &json!(1), &json!(2))
    );
    let path = "/v1/organizations/{yamada}/history?pageSize=1";
    let history = world.get(path).by("contactManager").send().await.ok();
    let data = json!({"serviceRequestId": world.id("serviceRequest"), "number": 1, "status": "waiting"});
    assert_eq!(
        (&history["items"][0]["type"], &history["items"][0]["data"]),
        (&json!("service-request.updated"), &data)
    );
    // An update that repeats the current status is recorded, too.
    let again = update_status(&world, "customer", "waiting").send().await.ok();
    assert_eq!((&again["number"], &again["status"]), (&json!(2), &json!("waiting")));
    let answered = update_text(&world, "customer", "4.2").send().await.ok();
    assert_eq!((&answered["number"], answered.get("status")), (&json!(3), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_agent_may_reopen_a_closed_request() {
    let world = World::demo().await;
    for (who, to) in [
        ("customer", "solved"),
        ("contactManager", "waiting"),
        ("operator", "open"),
        ("agent", "solved"),
        ("customer", "open"),
        ("customer", "closed"),
    ] {
        update_status(&world, who, to).send().await.ok();
        assert_eq!(status(&world).await, to);
    }
    grant_ren(&world, "full-admin").await;
    for who in ["customer", "contactManager", "operator", "partnerMember"] {
        for to in ["open", "waiting", "solved"] {
            let refused = update_status(&world, who, to).assert_rejected(409, "service-request-closed").await;
            assert_eq!(refused.faults()[0].0, "/status");
        }
        update_status(&world, who, "closed").send().await.ok();
        // If the status is refused, the text of the same update is not stored either.
        let both = json!({"text": "x", "status": "open"});
        update(&world, who, "{serviceRequest}", both).assert_rejected(409, "service-request-closed").await;
    }
    // A closed service request still accepts texts.
    update_text(&world, "customer", "Thank you.").send().await.ok();
    assert_eq!(status(&world).await, "closed");
    update_status(&world, "agent", "open").send().await.ok();
    assert_eq!(status(&world).await, "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_submitter_who_is_the_primary_contact_sets_the_time_zone() {
    let world = World::demo().await;
    grant_ren(&world, "create").await;
    let request = open_for_id(&world, "partnerMember").await;
    let zone = || json!({"timeZone": "Asia/Seoul"});
    let said = update(&world, "partnerMember", &request, zone()).send().await.ok();
    assert_eq!((&said["timeZone"], said.get("text")), (&json!("Asia/Seoul"), None));
    let path = format!("{PATH}/{request}");
    let shown = async || world.get(&path).by("customer").send().await.ok()["effectiveTimeZone"].clone();
    assert_eq!(shown().await, "Asia/Seoul");
    for (who, of) in [
        ("partnerAdmin", &*request),
        ("customer", &request),
        ("agent", &request),
        ("customer", "{serviceRequest}"),
    ] {
        let refused = update(&world, who, of, zone()).assert_rejected(422, "misplaced-time-zone").await;
        assert_eq!(refused.faults()[0].0, "/timeZone");
    }
    let wrong = update(&world, "partnerMember", &request, json!({"timeZone": "Seoul"}));
    wrong.assert_rejected(400, "invalid-request").await;
    let haruto = "haruto@yamada.example";
    super::contact(&world, "customer", &request, haruto, "primary").send().await.ok();
    assert_eq!(shown().await, "UTC");
    update(&world, "partnerMember", &request, zone()).assert_rejected(422, "misplaced-time-zone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_below_level_update_is_refused() {
    let world = World::demo().await;
    for level in ["cc", "look"] {
        grant_ren(&world, level).await;
        if level == "cc" {
            update_text(&world, "partnerMember", "x").assert_rejected(404, "not-found").await;
            add_ren(&world, world.id("serviceRequest")).await;
        }
        let refused =
            update_text(&world, "partnerMember", "x").assert_rejected(403, "access-level-too-low").await;
        assert!(refused.body["detail"].as_str().unwrap().ends_with("`update`"), "{}", refused.body);
    }
    for level in ["update", "create", "service-admin", "full-admin"] {
        grant_ren(&world, level).await;
        let said = update_text(&world, "partnerMember", level).send().await.ok();
        let mut ren = ren(&world);
        ren["type"] = json!("partner");
        assert_eq!(said["by"], ren);
    }
    let path = "/v1/partners/{partner}/history?type=service-request.updated";
    let history = world.get(path).by("partnerAdmin").send().await.ok();
    assert_eq!(history["items"].as_array().unwrap().len(), 4, "for whom is in the partner's history");
    for who in ["otherCustomer", "otherPartnerMember"] {
        update_text(&world, who, "x").assert_rejected(404, "not-found").await;
    }
    let elsewhere = "/v1/organizations/{bogazici}/service-requests/{serviceRequest}/updates";
    for who in ["otherCustomer", "operator"] {
        world.post(elsewhere).by(who).json(json!({"text": "x"})).assert_rejected(404, "not-found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_or_empty_update_is_refused() {
    let world = World::demo().await;
    for (body, at, code) in [
        (json!({}), "", "empty-update"),
        (json!({"text": null, "status": null}), "", "empty-update"),
        (json!({"text": " \n"}), "/text", "invalid-length"),
        (json!({"text": "あ".repeat(10_923)}), "/text", "invalid-length"),
        (json!({"status": "done"}), "/status", "unknown-value"),
        (json!({"text": "x", "note": 1}), "/note", "unknown-field"),
    ] {
        let refused = update(&world, "agent", "{serviceRequest}", body.clone());
        let refused = refused.assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [(at.to_owned(), code.to_owned())], "{body}");
    }
    update_text(&world, "agent", &"あ".repeat(10_922)).send().await.ok();
    let body = json!({"text": "x"});
    let absent = world.id("serviceRequest").replace("0001", "0099");
    update(&world, "agent", &absent, body).assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_are_all_kept_in_one_order() {
    let world = World::demo().await;
    world.chaos(6, 3);
    let all =
        (0..24).map(|number| {
            let (world, status) = (&world, ["waiting", "open", "solved"][number % 3]);
            let body = json!({"text": format!("{number}"), "status": status});
            async move {
                update(world, "agent", "{serviceRequest}", body).key(&number.to_string()).decided().await
            }
        });
    for reply in join_all(all).await {
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    world.chaos(0, 0);
    let updates = updates(&world).await;
    let numbers: Vec<_> = updates.iter().map(|one| one["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
    let mut texts: Vec<u32> =
        updates.iter().map(|one| one["text"].as_str().unwrap().parse().unwrap()).collect();
    texts.sort_unstable();
    assert_eq!(texts, (0..24).collect::<Vec<_>>());
    let last = updates.iter().rev().find_map(|one| one["status"].as_str());
    assert_eq!(status(&world).await, last.unwrap(), "the last word counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn update_concurrent_with_loss_of_access_happens_before_it_or_not_at_all() {
    for seed in strength::seeds(24, 600) {
        let world = World::demo().await;
        grant_ren(&world, "update").await;
        world.chaos(4, seed);
        let lost = async {
            match seed % 2 {
                0 => {
                    let path = "/v1/partners/{partner}/members/{ren}";
                    assert_eq!(world.delete(path).by("operator").decided().await.status, 200);
                }
                _ => {
                    let sinks = grant(&world, "partner", individual_grantee("ren", "look"));
                    assert_eq!(sinks.decided().await.status, 201);
                }
            }
            updates(&world).await.len()
        };
        let said = async { update_text(&world, "partnerMember", "x").key("k").decided().await.status };
        let (before, status) = match seed % 4 {
            0 | 1 => join(lost, said).await,
            _ => {
                let (said, lost) = join(said, lost).await;
                (lost, said)
            }
        };
        world.chaos(0, 0);
        assert_eq!(updates(&world).await.len(), before, "nothing is said once access is lost");
        let refusal = [404, 403][usize::try_from(seed % 2).unwrap()];
        assert!(status == refusal || (before, status) == (1, 201), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_version_is_refused_and_repeated_key_replays() {
    let world = World::demo().await;
    update_text(&world, "customer", "It is silent again.").send().await.ok();
    update_status(&world, "agent", "closed")
        .header("if-match", "\"1\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    update_status(&world, "agent", "closed").header("if-match", "\"2\"").send().await.ok();
    // A retry whose first answer was lost gets that answer, although the status is set already.
    let say = || update_status(&world, "agent", "open").key("k");
    let first = say().send().await.ok();
    assert_eq!(say().send().await.body, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_access_is_refused() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-01-10T09:00:00Z", "organizationLevel": "update"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    for (now, status) in
        [("2026-01-10T08:59:59.999Z", 201), ("2026-01-10T09:00:00Z", 404), ("2026-01-10T09:00:00.001Z", 404)]
    {
        set_time(&world, now).await;
        assert_eq!(update_text(&world, "otherPartnerAdmin", "x").send().await.status, status, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_key_replays_the_answer() {
    let world = World::demo().await;
    let request = open_for_id(&world, "customer").await;
    let say = || update(&world, "customer", &request, json!({"text": "x"})).key("k");
    let first = say().send().await.ok();
    let again = say().send().await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first));
    let shown = world.get(&format!("{PATH}/{request}")).by("customer").send().await.ok();
    assert_eq!(shown["updates"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_status_change_applies_only_after_the_reopening() {
    for seed in strength::seeds(12, 300) {
        let world = World::demo().await;
        update_status(&world, "customer", "closed").send().await.ok();
        world.chaos(4, seed);
        let (reopened, moved) = join(
            update_status(&world, "agent", "open").decided(),
            update_status(&world, "customer", "waiting").decided(),
        )
        .await;
        world.chaos(0, 0);
        assert_eq!(reopened.status, 201);
        let (all, now) = (updates(&world).await, status(&world).await);
        match moved.status {
            201 => assert_eq!((&all[2]["status"], &now), (&json!("waiting"), &json!("waiting"))),
            _ => assert_eq!((moved.code(), all.len(), &now), ("service-request-closed", 2, &json!("open"))),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_after_access_was_lost_is_refused() {
    let world = World::demo().await;
    grant_ren(&world, "update").await;
    let say = || update_text(&world, "partnerMember", "x").key("k");
    say().send().await.ok();
    assert_eq!(say().send().await.header("idempotent-replayed"), Some("true"));
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    say().assert_rejected(404, "not-found").await;
    assert_eq!(updates(&world).await.len(), 1);
}
