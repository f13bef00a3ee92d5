//! `list-partner-members`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-partner-members", "/v1/partners/{partner}/members").by("partnerMember").publish();
}

async fn emails(world: &World, who: &str) -> Vec<String> {
    sorted_emails(world, who, "").await
}

async fn sorted_emails(world: &World, who: &str, query: &str) -> Vec<String> {
    let (mut emails, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/partners/{{partner}}/members?pageSize=1{query}{token}");
        let page = world.get(&path).by(who).send().await.ok();
        let found = page["items"].as_array().unwrap().iter();
        emails.extend(found.map(|member| member["email"].as_str().unwrap().to_owned()));
        match &page["nextPageToken"] {
            Value::String(next) => token = format!("&pageToken={next}"),
            _ => return emails,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_and_vendor_see_the_members_on_record() {
    let world = World::demo().await;
    for who in ["operator", "agent", "partnerAdmin", "partnerMember"] {
        assert_eq!(emails(&world, who).await, ["aiko@miyako.example", "ren@miyako.example"]);
    }
    world.delete("/v1/partners/{partner}/members/{aiko}").by("operator").send().await.ok();
    assert_eq!(emails(&world, "partnerMember").await, ["ren@miyako.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_partner_is_not_found() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/members";
    world.get(path).by("otherPartnerMember").assert_rejected(404, "not-found").await;
    world.get(path).by("contactManager").assert_rejected(403, "role-not-allowed").await;
    let absent = world.id("partner").replace("0001", "0009");
    world.get(&format!("/v1/partners/{absent}/members")).by("agent").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_sorted_by_name_or_creation() {
    let world = World::demo().await;
    let body = json!({"email": "zz@miyako.example", "name": "Abe"});
    world.post("/v1/partners/{partner}/members").by("operator").json(body).send().await.ok();
    let by_name = sorted_emails(&world, "partnerMember", "&sort=name").await;
    assert_eq!(by_name.first().unwrap(), "zz@miyako.example");
    let by_creation = sorted_emails(&world, "agent", "&sort=createdAt").await;
    assert_eq!(by_creation.last().unwrap(), "zz@miyako.example");
    assert_eq!(sorted_emails(&world, "agent", "&sort=email").await, emails(&world, "agent").await);
    let unknown = "/v1/partners/{partner}/members?sort=age";
    world.get(unknown).by("agent").assert_rejected(400, "invalid-request").await;
}
