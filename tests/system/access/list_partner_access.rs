//! `list-partner-access`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{decide, grant, individual_grantee, send_request_for_id};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-partner-access", "/v1/partners/{partner}/access").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn member_sees_customers_with_level_and_pending_requests() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/access";
    let mine = world.get(path).by("partnerMember").send().await.ok();
    let [yamada] = mine["items"].as_array().unwrap().as_slice() else { panic!("{mine}") };
    assert_eq!(yamada["organization"], json!({"id": world.id("yamada"), "name": "株式会社ヤマダ電機"}));
    assert_eq!(
        (&yamada["level"], &yamada["expiresAt"]),
        (&json!("look"), &json!(world.moved("2026-07-05T09:00:00Z")))
    );
    let pending = ["accessRequest", "toDecline", "toCancel"].map(|name| json!(world.id(name)));
    assert_eq!(yamada["pending"], json!(pending));
    assert_eq!(world.get(path).by("partnerAdmin").send().await.ok()["items"][0]["level"], "create");
    decide(&world, "{toDecline}", "decline", json!({})).send().await.ok();
    let id = send_request_for_id(&world, individual_grantee("ren", "update")).await;
    let mine = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(mine["items"][0]["pending"].as_array().unwrap().last(), Some(&json!(id)));
    // A removed member is refused, although the token is still valid.
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.get(path).by("partnerMember").assert_rejected(404, "not-found").await;
    world.get(path).by("otherPartnerMember").assert_rejected(404, "not-found").await;
    for who in ["operator", "contactManager"] {
        world.get(path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_index_entry_is_reread_from_the_table() {
    let world = World::demo().await;
    world.fault_proxy().delay_indexes(true);
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}";
    world.delete(path).by("contactManager").send().await.ok();
    let mine = world.get("/v1/partners/{partner}/access").by("partnerMember").send().await.ok();
    assert_eq!(
        (&mine["items"][0]["grants"][1]["state"], &mine["items"][0]["level"]),
        (&json!("revoked"), &json!("create")),
        "though the index shows it in force still"
    );
    world.fault_proxy().delay_indexes(false);
    let mine = world.get("/v1/partners/{partner}/access").by("partnerMember").send().await.ok();
    assert_eq!(
        (&mine["items"][0]["grants"][1]["state"], &mine["items"][0]["level"]),
        (&json!("revoked"), &json!("create"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_are_sorted_by_the_expiry_of_the_callers_access() {
    let world = World::demo().await;
    // Emre's access to Yamada ends after that of all members to Boğaziçi.
    let emre = json!({"individuals": [{"email": "emre@anadolu.example", "level": "look"}],
        "expiresAt": "2026-03-01T00:00:00Z"});
    grant(&world, "otherPartner", emre).send().await.ok();
    let names = async |who: &str, query: &str| {
        let path = format!("/v1/partners/{{otherPartner}}/access?{query}");
        let page = world.get(&path).by(who).send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        items.map(|one| one["organization"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (yamada, bogazici) = ("株式会社ヤマダ電機", "Boğaziçi Otel A.Ş.");
    assert_eq!(names("otherPartnerMember", "").await, [yamada, bogazici]);
    assert_eq!(names("otherPartnerMember", "sort=expiresAt").await, [bogazici, yamada]);
    // An organization to which the caller has no access comes last.
    assert_eq!(names("otherPartnerAdmin", "sort=expiresAt").await, [bogazici, yamada]);
    assert_eq!(names("otherPartnerMember", "sort=expiresAt&pageSize=1").await, [bogazici]);
    assert_eq!(names("otherPartnerMember", "sort=name").await, [bogazici, yamada]);
    assert_eq!(names("otherPartnerMember", "sort=name&pageSize=1").await, [bogazici]);
}
