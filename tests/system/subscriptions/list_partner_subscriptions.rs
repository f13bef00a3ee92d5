//! `list-partner-subscriptions`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{created_ids, deactivate, ids, line, order, send_message};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "list-partner-subscriptions",
        "/v1/partners/{partner}/subscriptions?renewsBefore=2032-01-01T00:00:00Z",
    )
    .by("partnerMember")
    .publish();
}

const PATH: &str = "/v1/partners/{partner}/subscriptions";

#[tokio::test(flavor = "multi_thread")]
async fn managed_subscriptions_are_listed_by_renewal_date() {
    let world = World::demo().await;
    let ends = |term: &str| line("subscription", "ER-1", "C-3", json!({"term": term, "externalId": term}));
    let new = created_ids(&order(&world, "SO-H", json!([ends("P3Y"), ends("P2Y"), ends("P4Y")])).await.ok());
    let demo =
        ["subscription", "wallSubscription", "collection", "app"].map(|name| world.id(name).to_owned());
    let expected: Vec<String> = [&new[1], &new[0], &new[2]].into_iter().cloned().chain(demo).collect();
    for who in ["partnerAdmin", "partnerMember", "operator", "agent"] {
        assert_eq!(ids(&world.get(PATH).by(who).send().await.ok()["items"]), expected, "{who}");
    }
    let before = async |time: &str| {
        let page = world.get(&format!("{PATH}?renewsBefore={time}")).by("partnerMember").send().await.ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one: &Value| one["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(before("2029-01-01T00:00:00Z").await, expected[..1]);
    assert_eq!(before("2029-01-01T00:00:00.001Z").await, expected[..2]);
    // A renewal moves the subscription even while the index is stale.
    let data = json!({"subscription": {"externalId": "P2Y"}, "endsAt": "2050-01-01T00:00:00Z"});
    world.fault_proxy().delay_indexes(true);
    send_message(&world, "m1", "subscription.renewed", "2026-01-05T09:59:00Z", data).await.ok();
    assert!(before("2029-01-01T00:00:00Z").await.is_empty());
    world.fault_proxy().delay_indexes(false);
    assert_eq!(
        ids(&world.get(PATH).by("partnerMember").send().await.ok()["items"]).last().unwrap(),
        &new[1].as_str()
    );
    deactivate(&world, "operator", "{harbour}", &new[0]).send().await.ok();
    assert!(!ids(&world.get(PATH).by("partnerMember").send().await.ok()["items"]).contains(&new[0].as_str()));
    let (mut seen, mut token) = (0, String::new());
    loop {
        let page = world.get(&format!("{PATH}?pageSize=2{token}")).by("partnerMember").send().await.ok();
        seen += page["items"].as_array().unwrap().len();
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!(seen, 6);
}

/// The renewals of one customer, of one status, between two times.
#[tokio::test(flavor = "multi_thread")]
async fn renewals_are_filtered_by_organization_status_and_end() {
    let world = World::demo().await;
    let ends = |starts: &str, term: &str| {
        line("subscription", "ER-1", "C-3", json!({"term": term, "externalId": term, "startsAt": starts}))
    };
    let lines = json!([
        ends("2026-01-05T09:00:00Z", "P3Y"),
        ends("2025-01-05T09:00:00Z", "P1Y"),
        ends("2027-01-05T09:00:00Z", "P2Y"),
    ]);
    let new = created_ids(&order(&world, "SO-H", lines).await.ok());
    let listed = async |query: &str| {
        let page = world.get(&format!("{PATH}?{query}")).by("partnerMember").send().await.ok();
        ids(&page["items"]).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (past, upcoming, running) = (new[1].clone(), new[2].clone(), new[0].clone());
    let all = [past.clone(), running.clone(), upcoming.clone()];
    assert_eq!(listed("organizationId={harbour}").await[0], past);
    assert_eq!(listed("organizationId={harbour}").await.len(), 3);
    assert_eq!(listed("status=inactive").await, std::slice::from_ref(&past));
    assert_eq!(listed("status=upcoming").await, std::slice::from_ref(&upcoming));
    assert_eq!(listed("organizationId={harbour}&status=active").await, std::slice::from_ref(&running));
    assert_eq!(listed("organizationId={yamada}&status=active").await.len(), 4);
    assert!(listed("organizationId={bogazici}").await.is_empty(), "another partner manages those");
    let from = "renewsFrom=2026-06-01T00:00:00Z";
    assert_eq!(listed(&format!("{from}&renewsBefore=2030-01-01T00:00:00Z")).await.len(), 2);
    assert!(listed(&format!("{from}&renewsBefore=2026-01-01T00:00:00Z")).await.is_empty());
    assert!(
        listed(&format!("{from}&organizationId={{harbour}}")).await.iter().all(|id| all[1..].contains(id))
    );
    let page = world.get(&format!("{PATH}?organizationId={{harbour}}")).by("partnerMember").send().await.ok();
    let one = &page["items"][0];
    assert_eq!(
        (&one["product"]["name"], &one["partner"]["name"]),
        (&json!("Edge Recorder"), &json!("Miyako Security"))
    );
    assert!(one["organization"]["name"].is_string(), "{one}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_callers_are_refused() {
    let world = World::demo().await;
    world.get(PATH).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    world.get(PATH).by("contactManager").assert_rejected(403, "role-not-allowed").await;
    world
        .get(&format!("{PATH}?renewsBefore=soon"))
        .by("partnerMember")
        .assert_rejected(400, "invalid-request")
        .await;
    let nobody = "/v1/partners/prt_019b8c3e-5c00-7000-8000-000000000009/subscriptions";
    world.get(nobody).by("operator").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_counted_by_status_and_sorted_by_name() {
    let world = World::demo().await;
    let page = world.get(&format!("{PATH}?pageSize=1&status=inactive")).by("partnerMember").send().await.ok();
    let counts = &page["counts"];
    let all = world.get(PATH).by("partnerMember").send().await.ok();
    let number = all["items"].as_array().unwrap().len();
    let counted = ["active", "inactive", "upcoming"].map(|status| counts[status].as_u64().unwrap());
    assert_eq!(counted.iter().sum::<u64>(), number as u64, "{counts}");
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("{PATH}?sort=name&pageSize=1{token}");
        let page = world.get(&path).by("partnerMember").send().await.ok();
        assert_eq!(page.get("counts").is_some(), token.is_empty(), "only on the first page");
        names.push(page["items"][0]["product"]["name"].as_str().unwrap().to_lowercase());
        let Some(next) = page["nextPageToken"].as_str() else { break };
        token = format!("&pageToken={next}");
    }
    assert!(names.len() == number && names.is_sorted(), "{names:?}");
    world.get(&format!("{PATH}?sort=sku")).by("partnerMember").assert_rejected(400, "invalid-request").await;
}
