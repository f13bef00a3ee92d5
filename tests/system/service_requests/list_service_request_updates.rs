//! `list-service-request-updates`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::update_service_request::update;
use super::{PATH, add_ren, grant_ren};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "list-service-request-updates",
        "/v1/organizations/{yamada}/service-requests/{serviceRequest}/updates",
    )
    .by("customer")
    .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_the_request_see_its_updates_in_order() {
    let world = World::demo().await;
    for number in 1..=5 {
        let body = json!({"text": format!("{number}")});
        update(&world, "agent", "{serviceRequest}", body).send().await.ok();
    }
    let path = format!("{PATH}/{{serviceRequest}}/updates?pageSize=2");
    for who in ["customer", "contactManager", "agent", "operator", "partnerMember", "partnerAdmin"] {
        let (mut texts, mut token) = (String::new(), String::new());
        loop {
            let page = world.get(&format!("{path}{token}")).by(who).send().await.ok();
            for one in page["items"].as_array().unwrap() {
                texts.push_str(one["text"].as_str().unwrap());
            }
            let Some(next) = page["nextPageToken"].as_str() else { break };
            token = format!("&pageToken={next}");
        }
        assert_eq!(texts, "12345", "{who}");
    }
    let first = world.get(&path).by("partnerMember").send().await.ok();
    let next = format!("{path}&pageToken={}", first["nextPageToken"].as_str().unwrap());
    grant_ren(&world, "cc").await;
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    world.get(&next).by("partnerMember").assert_rejected(404, "not-found").await;
    add_ren(&world, world.id("serviceRequest")).await;
    let page = world.get(&next).by("partnerMember").send().await.ok();
    assert_eq!(page["items"][0]["number"], 3);
    for who in ["otherCustomer", "otherPartnerMember", "otherContactManager"] {
        world.get(&path).by(who).assert_rejected(404, "not-found").await;
    }
    let elsewhere = "/v1/organizations/{bogazici}/service-requests/{serviceRequest}/updates";
    for who in ["otherCustomer", "operator"] {
        world.get(elsewhere).by(who).assert_rejected(404, "not-found").await;
    }
}
