//! `rotate-webhook-secret`

use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, Reply, World};

#[test]
fn canonical_call_is_published() {
    Payload::of("rotate-webhook-secret", "/v1/webhook-sources/{source}/rotate-secret")
        .by("operator")
        .publish();
}

fn rotate<'a>(world: &'a World, key: &str) -> Call<'a> {
    world.post("/v1/webhook-sources/{source}/rotate-secret").by("operator").key(key)
}

/// Sends an order, signed with this secret at the current time.
pub async fn order(world: &World, secret: &str, id: &str) -> Reply {
    world.message(secret, id, &world.order(id, "edge-storage-1y", 1)).send().await
}

fn secret(body: &Value) -> &str {
    body["secret"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_secret_is_valid_at_once_and_never_stored() {
    let world = World::demo().await;
    let rotated = rotate(&world, "k").send().await;
    assert_eq!((rotated.status, rotated.header("etag")), (200, Some("\"2\"")));
    assert_ne!(secret(&rotated.body), world.id("secret"));
    assert_eq!(rotate(&world, "k").send().await.bytes, rotated.bytes, "the same, and not another");
    for (id, secret) in [("a", world.id("secret")), ("b", secret(&rotated.body))] {
        assert_eq!(order(&world, secret, id).await.status, 200);
    }
    for (key, item) in world.contents().await {
        assert!(!item.contains(&secret(&rotated.body)[6..]), "{key:?}");
    }
    let events = world.get("/v1/history?type=webhook-source.secret-rotated").by("operator").send().await.ok();
    assert_eq!(events["items"][0]["data"], json!({"sourceId": world.id("source"), "secretVersion": 2}));
    assert_eq!(events["items"].as_array().unwrap().len(), 1);
    rotate(&world, "").without("idempotency-key").assert_rejected(400, "idempotency-key-missing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn previous_secret_expires_after_one_day() {
    let world = World::demo().await;
    let rotated = rotate(&world, "k").send().await.ok();
    world.post("/_local/time").bytes(br#"{"set":"2026-01-06T09:59:59.999Z"}"#).send().await.ok();
    assert_eq!(order(&world, world.id("secret"), "a").await.status, 200);
    world.post("/_local/time").bytes(br#"{"set":"2026-01-06T10:00:00Z"}"#).send().await.ok();
    assert_eq!(order(&world, world.id("secret"), "b").await.status, 401);
    assert_eq!(order(&world, secret(&rotated), "c").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_secrets_remain_valid_and_a_sixth_rotation_is_refused() {
    let world = World::demo().await;
    assert_eq!(order(&world, world.id("secret"), "a").await.status, 200);
    for n in 0..5 {
        let rotated = rotate(&world, &format!("k{n}")).send().await.ok();
        assert_eq!(order(&world, secret(&rotated), &format!("b{n}")).await.status, 200);
        assert_eq!(order(&world, world.id("secret"), &format!("c{n}")).await.status, 200);
    }
    rotate(&world, "k5").assert_rejected(409, "rotated-too-often").await;
    rotate(&world, "k4").send().await.ok();
}

/// During the rotation of the deployment key, secrets and page tokens of both keys are accepted. Afterwards,
/// with the new key alone, a secret that the source received during the rotation stays valid.
#[tokio::test(flavor = "multi_thread")]
async fn deployment_key_is_rotated_without_an_interruption() {
    let path = "/v1/license-types?pageSize=1";
    let next = |token: &str| format!("{path}&pageToken={token}");
    let old = World::demo().await;
    let token = old.get(path).by("partnerMember").send().await.ok()["nextPageToken"].clone();
    let token = token.as_str().unwrap();

    let rotating = World::with_deployment_key("new local").await;
    let source = rotating.id("source").parse().unwrap();
    let given = rotate(&rotating, "k").send().await.ok();
    let of_new_key =
        |version| domain::webhook::Secret::derive(&"new".parse().unwrap(), source, version).reveal();
    assert_eq!(secret(&given), of_new_key(2), "what is given from now on is the new key's");
    for (id, secret) in [("a", rotating.id("secret")), ("b", secret(&given))] {
        assert_eq!(order(&rotating, secret, id).await.status, 200, "{id}");
    }
    let page = rotating.get(&next(token)).by("partnerMember").send().await.ok();
    let new_token = page["nextPageToken"].as_str().unwrap();

    let new = World::with_deployment_key("new").await;
    new.get(&next(token)).by("partnerMember").assert_rejected(400, "invalid-request").await;
    new.get(&next(new_token)).by("partnerMember").send().await.ok();
    rotate(&new, "k").send().await.ok();
    assert_eq!(order(&new, secret(&given), "c").await.status, 200);
    assert_eq!(order(&new, new.id("secret"), "d").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn proof_signed_with_either_secret_is_accepted() {
    let world = World::demo().await;
    let rotated = rotate(&world, "k").send().await.ok();
    let expiry = world.now().unix_seconds() + 600;
    for secret in [world.id("secret"), secret(&rotated)] {
        let proof = local_stack::demo::prove(secret, world.id("newPartner"), "ec-9", expiry).unwrap();
        let body = json!({"sourceId": "{source}", "account": "ec-9", "proof": proof});
        world.put("/v1/partners/{newPartner}/store").by("newPartnerAdmin").json(body).send().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_rotations_both_count_and_stale_if_match_is_refused() {
    let world = World::demo().await;
    let (one, other) = tokio::join!(rotate(&world, "k1").send(), rotate(&world, "k2").send());
    let mut versions = [one.ok()["secretVersion"].clone(), other.ok()["secretVersion"].clone()];
    versions.sort_by_key(|version| version.as_u64());
    assert_eq!(versions, [json!(2), json!(3)]);
    rotate(&world, "k3").header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    rotate(&world, "k3").header("if-match", "\"3\"").send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_or_disabled_source_is_refused() {
    let world = World::demo().await;
    let absent = world.id("source").replace("0001", "0009");
    let call = world.post(&format!("/v1/webhook-sources/{absent}/rotate-secret")).by("operator").key("k");
    call.assert_rejected(404, "not-found").await;
    let before = rotate(&world, "k").send().await;
    world.post("/v1/webhook-sources/{source}/disable").by("operator").send().await.ok();
    rotate(&world, "k2").assert_rejected(409, "source-disabled").await;
    assert_eq!(rotate(&world, "k").send().await.bytes, before.bytes, "what took effect before stands");
}
