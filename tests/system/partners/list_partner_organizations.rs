//! `list-partner-organizations`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "list-partner-organizations",
        "/v1/partners/{partner}/organizations?name=%E3%82%84%E3%81%BE%E3%81%A0",
    )
    .by("partnerMember")
    .publish();
}

async fn names(world: &World, who: &str, partner: &str, query: &str) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/partners/{{{partner}}}/organizations?{query}{token}");
        let page = world.get(&path).by(who).send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        names.extend(items.map(|customer| customer["name"].as_str().unwrap().to_owned()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return names,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_filter_ignores_case_width_kana_and_accents() {
    let world = World::demo().await;
    let yamada = "株式会社ヤマダ電機";
    let all = [yamada, "Panadería El Sol, S.A.", "Harbour Hotels Ltd"];
    assert_eq!(
        names(&world, "partnerMember", "partner", "pageSize=2").await,
        all,
        "in the order of their coming"
    );
    // The two names are ﾔﾏﾀﾞ and やまだ.
    for typed in ["%EF%BE%94%EF%BE%8F%EF%BE%80%EF%BE%9E", "%E3%82%84%E3%81%BE%E3%81%A0"] {
        assert_eq!(names(&world, "partnerMember", "partner", &format!("name={typed}")).await, [yamada]);
    }
    assert_eq!(names(&world, "operator", "partner", "name=panaderia+el+sol").await, [all[1]]);
    assert_eq!(names(&world, "agent", "otherPartner", "name=istanbul").await, ["İSTANBUL Lojistik A.Ş."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_match_comes_first_by_any_page_size() {
    let world = World::demo().await;
    for name in ["Hotel Harbour", "Harbor House", "harbour", "Old Harbour", "Harbouring"] {
        let body = json!({"name": name, "partnerId": "{partner}"});
        world.post("/v1/organizations").by("partnerAdmin").json(body).send().await.ok();
    }
    let best =
        ["harbour", "Harbour Hotels Ltd", "Harbouring", "Hotel Harbour", "Old Harbour", "Harbor House"];
    for size in [1, 2, 4, 100] {
        let found = names(&world, "partnerMember", "partner", &format!("name=Harbour&pageSize={size}")).await;
        assert_eq!(found, best, "by {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_organization_is_listed_only_for_its_partner() {
    let world = World::demo().await;
    world.put("/v1/partners/{partner}/organizations/{nakano}").by("operator").send().await.ok();
    assert_eq!(names(&world, "partnerMember", "partner", "name=nakano").await, ["Nakano Clinic"]);
    assert_eq!(
        names(&world, "otherPartnerMember", "otherPartner", "name=nakano").await,
        Vec::<String>::new()
    );
    let none = names(&world, "newPartnerAdmin", "newPartner", "").await;
    assert_eq!(none, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_partner_is_not_found() {
    let world = World::demo().await;
    let absent = world.id("partner").replace("0001", "0009");
    for query in ["", "?name=yamada"] {
        let path = format!("/v1/partners/{{partner}}/organizations{query}");
        world.get(&path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
        world.get(&path).by("contactManager").assert_rejected(403, "role-not-allowed").await;
        let path = format!("/v1/partners/{absent}/organizations{query}");
        world.get(&path).by("operator").assert_rejected(404, "not-found").await;
    }
}
