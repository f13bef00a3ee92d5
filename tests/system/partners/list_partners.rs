//! `list-partners`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-partners", "/v1/partners?name=miyako").by("operator").publish();
}

async fn names(world: &World, query: &str) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/v1/partners?{query}{token}")).by("agent").send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        names.extend(items.map(|partner| partner["name"].as_str().unwrap().to_owned()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return names,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_sorted_by_name_with_any_page_size() {
    let world = World::demo().await;
    for name in ["ÄRGER", "Bär", "zeta", "Zeta 2"] {
        world.post("/v1/partners").by("operator").json(json!({"name": name})).send().await.ok();
    }
    let all = [
        "Anadolu Güvenlik",
        "ÄRGER",
        "Bär",
        "Hoshi Systems",
        "Miyako Security",
        "Sakura Systems",
        "zeta",
        "Zeta 2",
    ];
    for size in [1, 2, 3, 7, 100] {
        assert_eq!(names(&world, &format!("pageSize={size}")).await, all, "by {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_filter_is_paged_and_allows_one_typo() {
    let world = World::demo().await;
    assert_eq!(names(&world, "name=GUVENLIK").await, ["Anadolu Güvenlik"]);
    assert_eq!(names(&world, "name=sakuro").await, ["Sakura Systems"], "one edit is forgiven");
    assert_eq!(names(&world, "name=nobody").await, Vec::<String>::new());
    for n in 0..5 {
        let body = json!({"name": format!("Miyako {n}")});
        world.post("/v1/partners").by("operator").json(body).send().await.ok();
    }
    let found = ["Miyako 0", "Miyako 1", "Miyako 2", "Miyako 3", "Miyako 4", "Miyako Security"];
    for size in [1, 2, 5, 6] {
        assert_eq!(names(&world, &format!("name=miyako&pageSize={size}")).await, found, "by {size}");
    }
    let nothing = world.get("/v1/partners?name=-").by("agent").assert_rejected(400, "invalid-request").await;
    assert_eq!(nothing.faults(), [("name".to_owned(), "unsearchable".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_vendor_staff_may_list() {
    let world = World::demo().await;
    for who in ["partnerAdmin", "contactManager"] {
        world.get("/v1/partners").by(who).assert_rejected(403, "role-not-allowed").await;
    }
}
