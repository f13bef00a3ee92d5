//! `list-contact-candidates`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::grant_ren;
use crate::access::grant;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-contact-candidates", "/v1/organizations/{yamada}/contact-candidates")
        .by("partnerAdmin")
        .publish();
}

const PATH: &str = "/v1/organizations/{yamada}/contact-candidates";

/// Returns the candidates over all pages.
async fn candidates(world: &World, who: &str, query: &str) -> Vec<Value> {
    let (mut items, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{PATH}?{query}{token}")).by(who).send().await.ok();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextPageToken"].as_str() else { return items };
        token = format!("&pageToken={next}");
    }
}

async fn emails(world: &World, who: &str, query: &str) -> Vec<String> {
    let all = candidates(world, who, query).await;
    all.iter().map(|one| one["email"].as_str().unwrap().to_owned()).collect()
}

const CUSTOMERS: [&str; 3] = ["haruto@yamada.example", "sora@yamada.example", "yuki@yamada.example"];

#[tokio::test(flavor = "multi_thread")]
async fn customers_and_members_with_access_are_candidates() {
    let world = World::demo().await;
    let mut all = CUSTOMERS.map(str::to_owned).to_vec();
    let mut members = emails(&world, "agent", "pageSize=1").await.split_off(3);
    members.sort();
    assert_eq!(members, ["aiko@miyako.example", "ren@miyako.example"]);
    all.extend(members);
    for who in ["agent", "operator", "customer", "contactManager", "partnerAdmin"] {
        for size in ["pageSize=1", "pageSize=2", "pageSize=100"] {
            let mut found = emails(&world, who, size).await;
            found[3..].sort();
            assert_eq!(found, all, "{who} {size}");
        }
    }
    let of = async |email: &str| {
        let all = candidates(&world, "agent", "").await;
        all.into_iter().find(|one| one["email"] == email).unwrap()
    };
    let ren = |roles: Value| {
        json!({"email": "ren@miyako.example", "name": "Ren Mori", "partnerId": world.id("partner"),
            "partnerName": "Miyako Security", "memberId": world.id("ren"), "roles": roles})
    };
    assert_eq!(of("ren@miyako.example").await, ren(json!(["additional"])), "its level is `look`");
    grant_ren(&world, "update").await;
    assert_eq!(of("ren@miyako.example").await, ren(json!(["primary", "additional"])));
    let sora = json!({"email": "sora@yamada.example", "name": "Sora Sato", "customerId": world.id("sora"),
        "roles": ["primary", "additional"]});
    assert_eq!(of("sora@yamada.example").await, sora);
    for search in ["search=mori", "search=ren%40"] {
        assert_eq!(emails(&world, "customer", search).await, ["ren@miyako.example"], "{search}");
    }
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    let left = emails(&world, "agent", "").await;
    assert_eq!(left, ["haruto@yamada.example", "yuki@yamada.example", "aiko@miyako.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn undisclosed_members_and_unauthorized_callers_get_nothing() {
    let world = World::demo().await;
    // The organization approved no request of the other partner, so it learns only of e-mails that it named.
    grant(&world, "otherPartner", json!({"organizationLevel": "cc"})).send().await.ok();
    let is_known = async |who: &str| emails(&world, who, "search=deniz").await.len();
    assert_eq!(
        (is_known("customer").await, is_known("agent").await, is_known("partnerAdmin").await),
        (0, 1, 0)
    );
    let named = json!({"individuals": [{"email": "deniz@anadolu.example", "level": "cc"}]});
    grant(&world, "otherPartner", named).send().await.ok();
    assert_eq!((is_known("customer").await, is_known("partnerAdmin").await), (1, 0));
    world.get(PATH).by("partnerMember").assert_rejected(403, "access-level-too-low").await;
    for who in ["otherCustomer", "otherContactManager", "newPartnerAdmin"] {
        world.get(PATH).by(who).assert_rejected(404, "not-found").await;
    }
    let new =
        json!({"sub": "kei", "email": "kei@yamada.example", "role": "customer", "org": world.id("yamada")});
    world.get(PATH).token(&world.token_of(new)).assert_rejected(404, "not-found").await;
}
