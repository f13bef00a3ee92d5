//! Messages of stores about deactivated partners and organizations.

use serde_json::{Value, json};
use system::{Reply, World};

use crate::orders::{TYPE, link, run_job_after_a_minute, send_until_decided};
use crate::organizations;
use crate::subscriptions::{all, line, message, order, send_message};

/// After the demo world's time, so that the message is newer than whatever was reported before.
const LATER: &str = "2026-01-05T10:01:00Z";
const THEN: &str = "2026-01-05T09:59:00Z";

fn one(external: &str) -> Value {
    line("subscription", "ER-1", "C-3", json!({"externalId": external}))
}

fn of(external: &str, more: Value) -> Value {
    let mut data = json!({"subscription": {"externalId": external}});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    data
}

async fn deactivate_new_partner(world: &World) -> Reply {
    world.post("/v1/partners/{newPartner}/deactivate").by("operator").key("d").send().await
}

/// Deactivates the new partner until that is decided, whatever fails.
async fn deactivate_until_decided(world: &World) -> Reply {
    loop {
        let reply = deactivate_new_partner(world).await;
        if reply.status != 503 && reply.code() != "still-running" {
            return reply;
        }
        world.post("/_local/time").bytes(br#"{"advance":"PT1M1S"}"#).send().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_transfer_is_refused_or_withdraws_the_deactivation() {
    for round in 0..20 {
        let world = World::demo().await;
        link(&world, "{newPartner}", "ec-9").await.ok();
        order(&world, "SO-H", json!([one("H-1")])).await.ok();
        world.chaos(4, round);
        let transfer = message("subscription.transferred", THEN, of("H-1", json!({"storeAccount": "ec-9"})));
        let (transfer, ended) = futures_util::future::join(
            send_until_decided(&world, "t", &transfer),
            deactivate_until_decided(&world),
        )
        .await;
        world.chaos(0, 0);
        match ended.status {
            200 => assert_eq!(transfer.status, 422, "round {round}: {} {}", transfer.body, ended.body),
            409 => {
                assert_eq!((ended.code(), transfer.status), ("running-subscription", 200), "round {round}")
            }
            status => panic!("{status} {}", ended.body),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn order_of_a_subscription_transferred_to_a_deactivated_partner_is_refused() {
    let world = World::demo().await;
    link(&world, "{newPartner}", "ec-9").await.ok();
    let to = of("H-1", json!({"storeAccount": "ec-9"}));
    let pending = send_message(&world, "t", "subscription.transferred", THEN, to).await.ok();
    assert_eq!(pending["outcome"], "pending");
    deactivate_new_partner(&world).await.ok();
    let refused = order(&world, "SO-H", json!([one("H-1")])).await;
    assert_eq!((refused.status, refused.code()), (422, "deactivated-partner"), "{}", refused.body);
    world.post("/v1/partners/{newPartner}/restore").by("operator").key("r").send().await.ok();
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [one("H-1")]});
    send_message(&world, "again", "order.placed", THEN, data).await.ok();
    let of_new = world.get("/v1/partners/{newPartner}/subscriptions").by("newPartnerAdmin").send().await.ok();
    assert_eq!(of_new["items"].as_array().unwrap().len(), 1, "{of_new}");
}

/// Deactivates an organization with a subscription that ended, and returns the organization.
async fn deactivated_with_ended_subscription(world: &World) -> String {
    let (id, _) = organizations::prepare_deactivation(world).await;
    let mut line = one("A-1");
    line["organization"] = json!({"id": id});
    order(world, "SO-A", json!([line])).await.ok();
    send_message(world, "c", "order.cancelled", THEN, json!({"orderId": "SO-A"})).await.ok();
    organizations::deactivate(world, &id, "d").send().await.ok();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_deactivated_organization_runs_again() {
    let world = World::demo().await;
    let id = deactivated_with_ended_subscription(&world).await;
    link(&world, "{newPartner}", "ec-9").await.ok();
    for (kind, more) in [
        ("subscription.renewed", json!({"endsAt": "2033-01-05T09:00:00Z"})),
        ("subscription.transferred", json!({"storeAccount": "ec-9"})),
        ("site.migrated", json!({"url": "https://aoba.example"})),
    ] {
        let refused = send_message(&world, kind, kind, LATER, of("A-1", more)).await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "deactivated-organization"),
            "{kind}: {}",
            refused.body
        );
    }
    let usage = of("A-1", json!({"sequence": 1, "activeUsers": 3}));
    send_message(&world, "u", "subscription.usage", LATER, usage).await.ok();
    let resumed = send_message(&world, "r", "subscription.resumed", LATER, of("A-1", json!({}))).await;
    assert_eq!(resumed.status, 200, "{}", resumed.body);
    world.post(&format!("/v1/organizations/{id}/restore")).by("operator").key("r").send().await.ok();
    let renewal = of("A-1", json!({"endsAt": "2033-01-05T09:00:00Z"}));
    send_message(&world, "again", "subscription.renewed", LATER, renewal).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn line_of_a_deactivated_organization_leaves_the_other_lines_of_a_parked_order() {
    let world = World::demo().await;
    let (id, _) = organizations::prepare_deactivation(&world).await;
    for organization in ["{harbour}", &id] {
        let path = format!("/v1/partners/{{newPartner}}/organizations/{organization}");
        world.put(&path).by("operator").send().await.ok();
    }
    let mut theirs = one("A-1");
    theirs["organization"] = json!({"id": id});
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": 5}, theirs, one("H-1")]);
    let data = json!({"orderId": "SO-P", "storeAccount": "ec-9", "lines": lines});
    assert_eq!(send_message(&world, "p", "order.placed", THEN, data).await.status, 202);
    organizations::deactivate(&world, &id, "d").send().await.ok();
    let before = all(&world, "{harbour}").await.len();
    link(&world, "{newPartner}", "ec-9").await.ok();
    run_job_after_a_minute(&world).await;
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (5, 5, 0));
    assert_eq!(all(&world, "{harbour}").await.len(), before + 1);
    let path = "/v1/partners/{newPartner}/history?type=order.line-ignored";
    let ignored = world.get(path).by("newPartnerAdmin").send().await.ok();
    assert_eq!(ignored["items"].as_array().unwrap().len(), 1, "{ignored}");
}
