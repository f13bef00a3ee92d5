//! `get-partner-dashboard`

use serde_json::json;
use system::World;
use system::payload::Payload;

use crate::access::{grant, set_time};
use crate::service_requests::open;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-partner-dashboard", "/v1/partners/{partner}/dashboard").by("partnerMember").publish();
}

const PATH: &str = "/v1/partners/{otherPartner}/dashboard";

#[tokio::test(flavor = "multi_thread")]
async fn counts_cover_all_organizations_that_the_member_supports() {
    let world = World::demo().await;
    let one = world.get(PATH).by("otherPartnerMember").send().await.ok();
    assert_eq!((&one["submitted"], &one["open"], &one["truncated"]), (&json!(1), &json!(1), &json!(false)));
    let emre = json!({"individuals": [{"email": "emre@anadolu.example", "level": "look"}]});
    grant(&world, "otherPartner", emre).send().await.ok();
    open(&world, "customer", "question").send().await.ok();
    let both = world.get(PATH).by("otherPartnerMember").send().await.ok();
    assert_eq!((&both["submitted"], &both["open"]), (&json!(3), &json!(3)));
    let organizations = both["organizations"].as_array().unwrap().iter();
    let organizations: Vec<_> =
        organizations.map(|one| (one["organization"]["name"].as_str().unwrap(), &one["open"])).collect();
    assert_eq!(organizations, [("株式会社ヤマダ電機", &json!(2)), ("Boğaziçi Otel A.Ş.", &json!(1))]);
    assert_eq!(both["byMonth"][11]["submitted"], 3);
    // The grant is for one member only.
    assert_eq!(world.get(PATH).by("otherPartnerAdmin").send().await.ok(), one);
    // The grant in Boğaziçi ends, whether or not the schedule has run.
    set_time(&world, "2026-01-06T09:00:00Z").await;
    let later = world.get(PATH).by("otherPartnerMember").send().await.ok();
    assert_eq!((&later["submitted"], later["organizations"].as_array().unwrap().len()), (&json!(2), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_in_which_the_level_is_below_look_is_not_counted() {
    let world = World::demo().await;
    let emre = json!({"individuals": [{"email": "emre@anadolu.example", "level": "cc"}]});
    grant(&world, "otherPartner", emre).send().await.ok();
    let shown = world.get(PATH).by("otherPartnerMember").send().await.ok();
    assert_eq!((&shown["submitted"], shown["organizations"].as_array().unwrap().len()), (&json!(1), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_access_is_not_counted_although_the_index_is_late() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/dashboard";
    assert_eq!(world.get(path).by("partnerMember").send().await.ok()["submitted"], 1);
    world.fault_proxy().delay_indexes(true);
    for id in ["grantOfRen", "grantOfAll"] {
        let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{{{id}}}");
        world.delete(&path).by("contactManager").send().await.ok();
    }
    let shown = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!((&shown["submitted"], &shown["organizations"]), (&json!(0), &json!([])));
    world.fault_proxy().delay_indexes(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_on_record_see_it() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/dashboard";
    world.get(path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    for who in ["operator", "contactManager"] {
        world.get(path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.get(path).by("partnerMember").assert_rejected(404, "not-found").await;
}
