//! `list-partner-members`

use serde_json::Value;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-partner-members", "/v1/partners/{partner}/members").by("partnerMember").publish();
}

async fn emails(world: &World, who: &str) -> Vec<String> {
    let (mut emails, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/partners/{{partner}}/members?pageSize=1{token}");
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
