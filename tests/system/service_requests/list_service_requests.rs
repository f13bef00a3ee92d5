//! `list-service-requests`

use serde_json::json;
use system::World;

use super::get_service_request::add_ren;
use super::{let_ren, listed, open, opened};
use crate::access::set;

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_what_is_open_to_it_the_last_first() {
    let world = World::demo().await;
    let first = world.id("serviceRequest").to_owned();
    let second = opened(&world, "customer").await;
    let_ren(&world, "create").await;
    let third = opened(&world, "partnerMember").await;
    let all = [third.clone(), second.clone(), first.clone()];
    for who in ["customer", "contactManager", "agent", "operator", "partnerMember", "partnerAdmin"] {
        assert_eq!(listed(&world, who, "organizationId={yamada}&pageSize=2").await, all, "{who}");
    }
    assert_eq!(listed(&world, "customer", "").await, all);
    assert_eq!(listed(&world, "partnerMember", "").await, all[..1], "its own");
    assert_eq!(listed(&world, "partnerAdmin", "").await, [""; 0]);
    let january = listed(&world, "agent", "pageSize=1&month=2026-01").await;
    assert_eq!(listed(&world, "operator", "month=2026-02").await, [""; 0]);
    if world.is_local() {
        assert_eq!(
            (&january[..], &*listed(&world, "agent", "").await),
            (&all[..], &all[..]),
            "the present month"
        );
    } else {
        assert_eq!(january, all[2..], "what the demo world begins with");
    }

    let_ren(&world, "cc").await;
    add_ren(&world, &first).await;
    add_ren(&world, &third).await;
    for query in ["organizationId={yamada}&pageSize=1", "pageSize=1", ""] {
        assert_eq!(listed(&world, "partnerMember", query).await, [third.clone(), first.clone()], "{query}");
    }
    for who in ["otherCustomer", "otherPartnerMember"] {
        world.get("/v1/service-requests?organizationId={yamada}").by(who).refused(404, "not-found").await;
        assert_eq!(listed(&world, who, "").await, [""; 0]);
    }
    for (who, query) in [("customer", "month=2026-01"), ("agent", "month=2026-01&organizationId={yamada}")] {
        let refused = world.get(&format!("/v1/service-requests?{query}")).by(who);
        let refused = refused.refused(400, "invalid-request").await;
        assert_eq!(refused.faults(), [("month".to_owned(), "unknown-field".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_is_gone_from_the_next_page_on() {
    let world = World::demo().await;
    let_ren(&world, "create").await;
    for _ in 0..3 {
        opened(&world, "partnerMember").await;
    }
    let page = async |query: &str| {
        let page = world
            .get(&format!("/v1/service-requests?pageSize=1{query}"))
            .by("partnerMember")
            .send()
            .await
            .ok();
        format!("{query}&pageToken={}", page["nextPageToken"].as_str().unwrap())
    };
    let (of_organization, own) = (page("&organizationId={yamada}").await, page("").await);
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    let next = format!("/v1/service-requests?pageSize=1{of_organization}");
    world.get(&next).by("partnerMember").refused(404, "not-found").await;
    let next = format!("/v1/service-requests?pageSize=1{own}");
    assert_eq!(world.get(&next).by("partnerMember").send().await.ok()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_level_sinks_between_two_pages_goes_on_with_what_is_open_to_it() {
    let world = World::demo().await;
    let_ren(&world, "create").await;
    let mut own = Vec::new();
    for _ in 0..2 {
        own.insert(0, opened(&world, "partnerMember").await);
    }
    let path = "/v1/service-requests?organizationId={yamada}&pageSize=1";
    let first = world.get(path).by("partnerMember").send().await.ok();
    let next = format!("{path}&pageToken={}", first["nextPageToken"].as_str().unwrap());
    let_ren(&world, "cc").await;
    // Another list from here on: it begins anew.
    let page = world.get(&next).by("partnerMember").send().await.ok();
    assert_eq!(page["items"][0]["id"], own[0]);
    let path = "/v1/organizations/{yamada}/access/{partner}/";
    let grants = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    for grant in grants["items"][0]["grants"].as_array().unwrap() {
        if grant["state"] == "active" {
            let path = format!("{path}{}", grant["id"].as_str().unwrap());
            world.delete(&path).by("contactManager").send().await.ok();
        }
    }
    world.get(&next).by("partnerMember").refused(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(deployed, ignore = "turns the local stack's clock")]
async fn what_has_expired_is_not_shown() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-01-10T09:00:00Z", "organizationLevel": "create"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    let made = open(&world, "otherPartnerAdmin", "question").send().await.ok();
    set(&world, "2026-01-10T08:59:59.999Z").await;
    assert_eq!(listed(&world, "otherPartnerAdmin", "").await, [made["id"].as_str().unwrap()]);
    set(&world, "2026-01-10T09:00:00Z").await;
    assert_eq!(listed(&world, "otherPartnerAdmin", "").await, [""; 0]);
    let path = "/v1/service-requests?organizationId={yamada}";
    world.get(path).by("otherPartnerAdmin").refused(404, "not-found").await;
}
