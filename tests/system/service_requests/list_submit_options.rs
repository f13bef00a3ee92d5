//! `list-submit-options`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{grant_ren, open};
use crate::access::{EXPIRY, set_time};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-submit-options", "/v1/me/submit-options").by("partnerAdmin").publish();
}

const PATH: &str = "/v1/me/submit-options";

async fn options(world: &World, who: &str) -> Vec<Value> {
    let (mut options, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{PATH}?pageSize=1{token}")).by(who).send().await.ok();
        options.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextPageToken"].as_str() else { return options };
        token = format!("&pageToken={next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_is_offered_every_kind_for_its_own_organization() {
    let world = World::demo().await;
    let kinds = json!(["incident", "question", "change", "configuration", "site-deletion", "access"]);
    let own = json!({"organization": {"id": world.id("yamada"), "name": "株式会社ヤマダ電機"}, "canBePrimaryContact": true, "kinds": kinds});
    for who in ["customer", "contactManager"] {
        assert_eq!(options(&world, who).await, std::slice::from_ref(&own));
    }
    for who in ["operator", "agent"] {
        world.get(PATH).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    let alone = json!({"sub": "solo", "email": "solo@x.example", "role": "customer"});
    let none = world.get(PATH).token(&world.token_of(alone)).send().await.ok();
    assert_eq!(none, json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn options_match_the_kinds_the_member_can_submit() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{partner}", "expiresAt": EXPIRY, "organizationLevel": "service-admin"});
    world.post("/v1/organizations/{bogazici}/access").by("otherContactManager").json(body).send().await.ok();
    for (level, submits) in [
        ("cc", false),
        ("look", false),
        ("update", false),
        ("create", true),
        ("service-admin", true),
        ("full-admin", true),
    ] {
        grant_ren(&world, level).await;
        let options = options(&world, "partnerMember").await;
        let of = |organization: &str| {
            options.iter().find(|one| one["organization"]["id"] == world.id(organization)).cloned()
        };
        let elsewhere = of("bogazici").unwrap();
        assert_eq!(
            (&elsewhere["level"], &elsewhere["expiresAt"], elsewhere["kinds"].as_array().unwrap().len()),
            (&json!("service-admin"), &json!(world.moved(EXPIRY)), 6)
        );
        let here = of("yamada");
        assert_eq!(here.as_ref().map(|one| &one["level"]), submits.then_some(&json!(level)));
        for kind in ["incident", "question", "change", "configuration", "site-deletion", "access"] {
            let told =
                here.as_ref().is_some_and(|one| one["kinds"].as_array().unwrap().contains(&json!(kind)));
            let made = open(&world, "partnerMember", kind).send().await;
            assert_eq!(made.status == 201, told, "{level} {kind}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_access_gives_no_option() {
    let world = World::demo().await;
    for (now, count) in [("2026-01-06T08:59:59.999Z", 1), ("2026-01-06T09:00:00.000Z", 0)] {
        set_time(&world, now).await;
        assert_eq!(options(&world, "otherPartnerAdmin").await.len(), count, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_index_entry_is_reread_from_the_table() {
    let world = World::demo().await;
    let options = async || {
        let page = world.get("/v1/me/submit-options").by("partnerAdmin").send().await.ok();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(options().await, 1);
    world.fault_proxy().delay_indexes(true);
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}";
    world.delete(path).by("contactManager").send().await.ok();
    assert_eq!(options().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_of_which_the_member_is_a_customer_come_first() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{partner}", "expiresAt": EXPIRY, "organizationLevel": "create"});
    world.post("/v1/organizations/{bogazici}/access").by("otherContactManager").json(body).send().await.ok();
    grant_ren(&world, "create").await;
    let ids = async || {
        let all = options(&world, "partnerMember").await;
        all.iter().map(|one| one["organization"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let by_id = ids().await;
    assert_eq!(by_id.len(), 2);
    let path = format!("/v1/organizations/{}/customers", by_id[1]);
    let record = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post(&path).by("operator").json(record).send().await.ok();
    assert_eq!(ids().await, [by_id[1].clone(), by_id[0].clone()]);
}
