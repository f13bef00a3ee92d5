//! `list-customers`

use api_runtime::table::item::to_item;
use domain::{Customer, Ids, Name};
use serde_json::json;
use system::World;
use system::payload::Payload;

use crate::access::{grant, individual_grantee};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-customers", "/v1/organizations/{yamada}/customers").by("contactManager").publish();
}

async fn names(world: &World, who: &str, query: &str) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/organizations/{{yamada}}/customers?pageSize=2{query}{token}");
        let page = world.get(&path).by(who).send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        names.extend(items.map(|one| one["name"].as_str().unwrap().to_owned()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return names,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_sorted_by_name_and_selected() {
    let world = World::demo().await;
    let create = async |name: &str| {
        let body = json!({"email": format!("{}@yamada.example", name.len()), "name": name});
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok()
    };
    create("Ábel").await;
    let last = create("zorro Quillivere").await;
    let all = names(&world, "contactManager", "").await;
    assert_eq!((all.first().unwrap().as_str(), all.last().unwrap().as_str()), ("Ábel", "zorro Quillivere"));
    assert_eq!(names(&world, "agent", "").await, all);
    assert_eq!(names(&world, "operator", "&name=quillivere").await, ["zorro Quillivere"]);
    assert_eq!(names(&world, "operator", "&email=9%40yamada.example").await.len(), 0);
    assert_eq!(names(&world, "operator", "&email=16%40yamada.example").await, ["zorro Quillivere"]);
    let path = format!("/v1/customers/{}", last["id"].as_str().unwrap());
    world.post(&format!("{path}/disable")).by("operator").send().await.ok();
    assert_eq!(names(&world, "operator", "&state=disabled").await, ["zorro Quillivere"]);
    assert_eq!(names(&world, "operator", "&state=active").await.len(), all.len() - 1);
    assert_eq!(names(&world, "operator", "").await, all);
    world.delete(&path).by("operator").send().await.ok();
    assert_eq!(names(&world, "operator", "").await, all[..all.len() - 1]);
    assert_eq!(names(&world, "operator", "&name=quillivere").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_sorted_by_email_or_creation_and_selected_by_the_beginning_of_an_email() {
    let world = World::demo().await;
    for (email, name) in [("aa@yamada.example", "Zoe"), ("zz@yamada.example", "Abe")] {
        let body = json!({"email": email, "name": name});
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
    }
    let by_name = names(&world, "operator", "").await;
    assert_eq!(names(&world, "operator", "&sort=name").await, by_name);
    let by_email = names(&world, "contactManager", "&sort=email").await;
    assert_eq!((by_email.first().unwrap().as_str(), by_email.last().unwrap().as_str()), ("Zoe", "Abe"));
    let by_creation = names(&world, "operator", "&sort=createdAt").await;
    assert_eq!(by_creation[by_creation.len() - 2..], ["Zoe", "Abe"]);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(by_email), sorted(by_name.clone()));
    assert_eq!(sorted(by_creation), sorted(by_name));
    assert_eq!(names(&world, "operator", "&email=SORA%40ya").await, ["Sora Sato"]);
    assert_eq!(names(&world, "operator", "&email=so&sort=email").await, ["Sora Sato"]);
    assert_eq!(names(&world, "operator", "&email=ora").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn order_that_needs_too_many_reads_is_refused() {
    let world = World::demo().await;
    let (ids, now) = (Ids::counted_from(8_000_000), world.now());
    let organization = Some(world.id("yamada").parse().unwrap());
    let name: Name = "Many".parse().unwrap();
    let customers = (0..=1000).map(|number| {
        let email = format!("many{number}@yamada.example").parse().unwrap();
        to_item(&Customer::new(ids.next(now), organization, (&email, &name), now)).unwrap()
    });
    world.put_all(customers).await;
    let path = "/v1/organizations/{yamada}/customers";
    let sorted = format!("{path}?sort=createdAt");
    world.get(&sorted).by("operator").assert_rejected(422, "too-many-to-sort").await;
    assert_eq!(world.get(path).by("operator").send().await.ok()["items"].as_array().unwrap().len(), 25);
    let with_name = format!("{path}?sort=email&name=Many");
    world.get(&with_name).by("operator").assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_is_refused() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/customers";
    world.get(path).by("otherContactManager").assert_rejected(404, "not-found").await;
    world.get(path).by("customer").assert_rejected(403, "role-not-allowed").await;
    grant(&world, "partner", individual_grantee("ren", "service-admin")).send().await.ok();
    world.get(path).by("partnerMember").assert_rejected(403, "access-level-too-low").await;
    grant(&world, "partner", individual_grantee("ren", "full-admin")).send().await.ok();
    assert_eq!(names(&world, "partnerMember", "").await, names(&world, "operator", "").await);
    world.post("/v1/partners/{partner}/members/{ren}/disable").by("operator").send().await.ok();
    world.get(path).by("partnerMember").assert_rejected(404, "not-found").await;
    let both = format!("{path}?name=Sora&email=sora%40yamada.example");
    assert_eq!(world.get(&both).by("operator").send().await.status, 400);
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}/disable", found["items"][0]["id"].as_str().unwrap());
    world.post(&yuki).by("operator").send().await.ok();
    world.get(path).by("contactManager").assert_rejected(404, "not-found").await;
}
