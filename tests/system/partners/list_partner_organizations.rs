//! `list-partner-organizations`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use crate::access::{grant, set_time};

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

async fn rows(world: &World, who: &str, partner: &str, query: &str) -> Vec<Value> {
    let path = format!("/v1/partners/{{{partner}}}/organizations?{query}");
    let page = world.get(&path).by(who).send().await.ok();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn member_sees_its_level_pending_requests_and_mail_preference() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/notification-preferences";
    world.put(path).by("partnerMember").json(json!({"onSubmitted": true})).send().await.ok();
    let mine = rows(&world, "partnerMember", "partner", "").await;
    let [yamada, sol, _] = mine.as_slice() else { panic!("{mine:?}") };
    assert_eq!(
        (&yamada["level"], &yamada["expiresAt"], &yamada["onSubmitted"], &yamada["inDirectory"]),
        (&json!("look"), &json!(world.moved("2026-07-05T09:00:00Z")), &json!(true), &json!(true))
    );
    let pending: Vec<_> = yamada["pendingRequests"].as_array().unwrap().iter().collect();
    let ids = ["accessRequest", "toDecline", "toCancel"].map(|name| json!(world.id(name)));
    assert_eq!(pending.iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), ids);
    // One request is for all members, and the two others are for Aiko.
    let levels: Vec<_> = pending.iter().map(|one| one.get("level").cloned()).collect();
    assert_eq!(levels, [None, Some(json!("full-admin")), None]);
    assert_eq!(
        (sol.get("level"), &sol["pendingRequests"], sol.get("onSubmitted")),
        (None, &json!([]), None),
        "no access, so that no request can belong to it"
    );
    let admin = rows(&world, "partnerAdmin", "partner", "name=yamada").await;
    assert_eq!((&admin[0]["level"], &admin[0]["onSubmitted"]), (&json!("create"), &json!(false)));
    // The vendor's staff have no access of their own.
    let staff = rows(&world, "operator", "partner", "").await;
    let absent = ["level", "expiresAt", "pendingRequests", "onSubmitted"];
    assert!(absent.iter().all(|name| staff[0].get(name).is_none()), "{}", staff[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_with_only_a_grant_is_listed_while_the_grant_applies_to_the_caller() {
    let world = World::demo().await;
    let emre = json!({"individuals": [{"email": "emre@anadolu.example", "level": "look"}],
        "expiresAt": "2026-01-05T10:01:00Z"});
    grant(&world, "otherPartner", emre).send().await.ok();
    let yamada = json!(world.id("yamada"));
    for query in ["", "sort=name"] {
        let mine = rows(&world, "otherPartnerMember", "otherPartner", query).await;
        let found = mine.iter().find(|one| one["organizationId"] == yamada).unwrap();
        assert_eq!(
            (&found["name"], &found["inDirectory"], &found["level"]),
            (&json!("株式会社ヤマダ電機"), &json!(false), &json!("look"))
        );
        assert_eq!(mine.len(), 3);
        assert_eq!(rows(&world, "agent", "otherPartner", query).await.len(), 3);
        assert_eq!(rows(&world, "otherPartnerAdmin", "otherPartner", query).await.len(), 2, "not its grant");
    }
    set_time(&world, "2026-01-05T10:01:00Z").await;
    // The schedule has not run.
    for who in ["otherPartnerMember", "agent"] {
        for query in ["", "sort=name"] {
            assert_eq!(rows(&world, who, "otherPartner", query).await.len(), 2, "{who} {query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_size_lists_each_organization_once_in_order() {
    let world = World::demo().await;
    grant(&world, "otherPartner", json!({"organizationLevel": "look"})).send().await.ok();
    let [yamada, bogazici, istanbul] = ["株式会社ヤマダ電機", "Boğaziçi Otel A.Ş.", "İSTANBUL Lojistik A.Ş."];
    for size in [1, 2, 3, 100] {
        let query = format!("pageSize={size}");
        let found = names(&world, "otherPartnerMember", "otherPartner", &query).await;
        assert_eq!(found, [yamada, bogazici, istanbul], "by creation, by {size}");
        let found = names(&world, "otherPartnerMember", "otherPartner", &format!("sort=name&{query}")).await;
        assert_eq!(found, [bogazici, istanbul, yamada], "by name, by {size}");
    }
    let path = "/v1/partners/{partner}/organizations?name=yamada&sort=name";
    let refused = world.get(path).by("partnerMember").assert_rejected(400, "invalid-request").await;
    assert_eq!(refused.faults(), [("sort".to_owned(), "invalid".to_owned())]);
}
