//! `list-organizations`

use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-organizations", "/v1/organizations?name=istanbul").by("agent").publish();
}

async fn names(world: &World, query: &str) -> Vec<String> {
    let page = world.get(&format!("/v1/organizations?{query}")).by("agent").send().await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|found| found["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_sorted_and_filtered_by_name() {
    let world = World::demo().await;
    let all = [
        "Boğaziçi Otel A.Ş.",
        "Harbour Hotels Ltd",
        "İSTANBUL Lojistik A.Ş.",
        "Minato Prints",
        "Nakano Clinic",
        "Panadería El Sol, S.A.",
        "株式会社ヤマダ電機",
    ];
    assert_eq!(names(&world, "").await, all);
    assert_eq!(names(&world, "name=istanbul").await, [all[2]]);
    assert_eq!(names(&world, "name=bogazici+otel").await, [all[0]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_vendor_staff_may_list() {
    let world = World::demo().await;
    for who in ["partnerAdmin", "contactManager"] {
        world.get("/v1/organizations").by(who).assert_rejected(403, "role-not-allowed").await;
    }
}
