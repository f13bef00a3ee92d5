//! `get-my-summary`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use crate::access::{decide, grant, set_time};
use crate::service_requests::open;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-my-summary", "/v1/me/summary").by("partnerMember").publish();
}

async fn summary(world: &World, who: &str) -> Value {
    world.get("/v1/me/summary").token(&world.token(who)).send().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn member_sees_what_awaits_its_partner() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/license-pools/edge-storage-1y/threshold";
    world.put(path).by("partnerAdmin").json(json!({"threshold": 1000})).send().await.ok();
    let mine = summary(&world, "partnerMember").await;
    assert_eq!(
        (&mine["pendingRequests"]["count"], &mine["pendingRequests"]["more"]),
        (&json!(3), &json!(false))
    );
    assert_eq!(mine["pendingRequests"]["items"][0]["partner"]["name"], "Miyako Security");
    assert_eq!((&mine["endingAccess"]["within30Days"], &mine["renewals"]["count"]), (&json!(0), &json!(0)));
    let pool = &mine["lowPools"]["items"][0];
    assert_eq!(
        (&mine["lowPools"]["count"], &pool["name"]),
        (&json!(1), &json!("Edge storage recording, 1 year"))
    );
    let requests = &mine["openServiceRequests"];
    assert_eq!((&requests["open"], &requests["waiting"]), (&json!(1), &json!(0)));
    assert_eq!(
        (requests["items"].as_array().unwrap().len(), &requests["items"][0]["id"]),
        (1, &json!(world.id("serviceRequest")))
    );
    assert_eq!(requests["organizations"][0]["organization"]["name"], "株式会社ヤマダ電機");
    assert_eq!((mine.get("parkedOrders"), mine.get("failedWork")), (None, None));
    // A removed member is refused, although the token is still valid.
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.get("/v1/me/summary").by("partnerMember").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn access_that_ends_is_counted_within_30_7_and_1_days() {
    let world = World::demo().await;
    // The grant in Boğaziçi ends on January 6 at 9:00, and now it is January 5 at 10:00.
    for who in ["otherPartnerMember", "otherContactManager"] {
        let ending = &summary(&world, who).await["endingAccess"];
        assert_eq!(
            (&ending["within30Days"], &ending["within7Days"], &ending["within1Day"]),
            (&json!(1), &json!(1), &json!(1)),
            "{who}"
        );
        let [one] = ending["items"].as_array().unwrap().as_slice() else { panic!("{ending}") };
        assert_eq!(
            (&one["organization"]["name"], &one["partner"]["name"]),
            (&json!("Boğaziçi Otel A.Ş."), &json!("Anadolu Güvenlik"))
        );
    }
    let emre = json!({"individuals": [{"email": "emre@anadolu.example", "level": "cc"}],
        "expiresAt": "2026-02-01T00:00:00Z"});
    grant(&world, "otherPartner", emre).send().await.ok();
    let ending = summary(&world, "otherPartnerMember").await["endingAccess"].clone();
    assert_eq!((&ending["within30Days"], &ending["within7Days"]), (&json!(2), &json!(1)));
    assert_eq!(
        summary(&world, "otherPartnerAdmin").await["endingAccess"]["within30Days"],
        1,
        "not its grant"
    );
    // An expired grant is ignored, whether or not the schedule has run.
    set_time(&world, "2026-01-06T09:00:00Z").await;
    let ending = summary(&world, "otherPartnerMember").await["endingAccess"].clone();
    assert_eq!((&ending["within30Days"], &ending["within7Days"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_are_those_of_the_next_30_days() {
    let world = World::demo().await;
    // The subscriptions of the demo world end on January 5, 2031.
    for (time, count) in [
        ("2030-12-06T09:00:00Z", 0),
        ("2030-12-06T09:00:01Z", 4),
        ("2031-01-05T08:59:59Z", 4),
        ("2031-01-05T09:00:00Z", 0),
    ] {
        set_time(&world, time).await;
        for who in ["partnerMember", "contactManager"] {
            let renewals = &summary(&world, who).await["renewals"];
            assert_eq!(renewals["count"], count, "{who} at {time}");
            if count > 0 {
                assert_eq!(renewals["items"][0]["organization"]["name"], "株式会社ヤマダ電機");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_manager_sees_requests_addressed_to_it() {
    let world = World::demo().await;
    decide(&world, "{toDecline}", "decline", json!({})).send().await.ok();
    open(&world, "customer", "question").send().await.ok();
    let mine = summary(&world, "contactManager").await;
    assert_eq!(mine["pendingRequests"]["count"], 2);
    assert_eq!(mine["pendingRequests"]["items"][0]["partner"]["name"], "Miyako Security");
    let requests = &mine["openServiceRequests"];
    assert_eq!(
        (&requests["open"], requests["items"].as_array().unwrap().len(), &requests["items"][0]["subject"]),
        (&json!(2), 2, &json!("Cameras"))
    );
    let other = summary(&world, "otherContactManager").await;
    assert_eq!((&other["pendingRequests"]["count"], other.get("lowPools")), (&json!(0), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_see_parked_orders_and_failed_work() {
    let world = World::demo().await;
    let operator = summary(&world, "operator").await;
    assert_eq!(
        (&operator["parkedOrders"]["count"], &operator["failedWork"]["count"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(operator["parkedOrders"]["items"][0]["orderId"], "SO-3000");
    let agent = summary(&world, "agent").await;
    assert_eq!((agent.get("parkedOrders"), agent.get("failedWork")), (None, None));
    assert_eq!(agent["openServiceRequests"], operator["openServiceRequests"]);
    let requests = &agent["openServiceRequests"];
    assert_eq!((&requests["open"], &requests["more"]), (&json!(2), &json!(false)));
    assert_eq!(requests["items"][0]["organization"]["name"], "株式会社ヤマダ電機");
    world.get("/v1/me/summary").assert_rejected(401, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_sees_its_own_requests_and_renewals() {
    let world = World::demo().await;
    open(&world, "contactManager", "question").send().await.ok();
    let mine = summary(&world, "customer").await;
    let requests = &mine["openServiceRequests"];
    assert_eq!(
        (&requests["open"], &requests["waiting"], &requests["more"]),
        (&json!(1), &json!(0), &json!(false))
    );
    assert_eq!(requests["items"][0]["id"], world.id("serviceRequest"));
    assert_eq!(requests["items"][0]["organization"]["name"], "株式会社ヤマダ電機");
    for absent in ["pendingRequests", "endingAccess", "lowPools", "parkedOrders", "failedWork"] {
        assert_eq!(mine.get(absent), None, "{absent}");
    }
    let status = "/v1/organizations/{yamada}/service-requests/{serviceRequest}/updates";
    world.post(status).by("agent").json(json!({"status": "waiting", "text": "?"})).send().await.ok();
    let requests = summary(&world, "customer").await["openServiceRequests"].clone();
    assert_eq!((&requests["open"], &requests["waiting"]), (&json!(0), &json!(1)));
    set_time(&world, "2030-12-20T09:00:00Z").await;
    let renewals = summary(&world, "customer").await["renewals"].clone();
    let all = summary(&world, "contactManager").await["renewals"].clone();
    assert!(renewals["count"].as_u64().unwrap() < all["count"].as_u64().unwrap(), "{renewals} of {all}");
    assert!(
        renewals["count"].as_u64().unwrap() > 0 && renewals["items"][0]["productName"].is_string(),
        "{renewals}"
    );
    let nowhere = world.token_of(json!({"sub": "n", "email": "n@x.example", "role": "customer"}));
    assert_eq!(world.get("/v1/me/summary").token(&nowhere).send().await.ok(), json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sees_unsolved_requests_of_all_months() {
    let world = World::demo().await;
    set_time(&world, "2027-03-01T09:00:00Z").await;
    let requests = summary(&world, "agent").await["openServiceRequests"].clone();
    assert_eq!(
        (&requests["open"], &requests["more"], &requests["items"][0]["id"]),
        (&json!(2), &json!(false), &json!(world.id("serviceRequest")))
    );
}
