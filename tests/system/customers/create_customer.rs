//! `create-customer`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

#[test]
fn canonical_calls_are_published() {
    let body = json!({"email": "hana@yamada.example", "externalId": "Y-3", "name": "Hana Ito"});
    Payload::of("create-customer-of-organization", "/v1/organizations/{yamada}/customers")
        .by("contactManager")
        .json(&body)
        .publish();
    let body = json!({"email": "kai@solo.example", "name": "Kai Berg"});
    Payload::of("create-unaffiliated-customer", "/v1/customers").by("operator").json(&body).publish();
}

fn create<'a>(world: &'a World, who: &str, body: Value) -> Call<'a> {
    world.post("/v1/organizations/{yamada}/customers").by(who).json(body)
}

fn hana() -> Value {
    json!({"email": "Hana@YAMADA.example", "name": "Hana Ito", "externalId": "Y-3"})
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_and_contact_manager_may_create() {
    for who in ["operator", "contactManager"] {
        let world = World::demo().await;
        let made = create(&world, who, hana()).send().await;
        let id = made.body["id"].as_str().unwrap().to_owned();
        assert_eq!((made.status, made.header("location")), (201, Some(&*format!("/v1/customers/{id}"))));
        let mut expected = json!({
            "id": id, "organizationId": world.id("yamada"), "email": "Hana@YAMADA.example",
            "name": "Hana Ito", "externalId": "Y-3", "manager": false, "version": 1,
        });
        if who == "contactManager" {
            expected["createdBy"] = world.id("yamada").into();
        }
        assert_eq!(world.timeless(made.body), expected);
        let path = "/v1/organizations/{yamada}/history?type=customer.created&pageSize=1";
        let history = world.get(path).by("contactManager").send().await.ok();
        assert_eq!(
            history["items"][0]["data"],
            json!({"customerId": id, "manager": false}),
            "no e-mail, no name"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unaffiliated_customer_is_created_only_by_an_operator_and_never_manages() {
    let world = World::demo().await;
    let call = |body: Value| world.post("/v1/customers").by("operator").json(body);
    let made = call(hana()).send().await.ok();
    assert!(made["organizationId"].is_null());
    call(hana()).assert_rejected(409, "email-taken").await;
    let mut other = hana();
    other["externalId"] = "Y-4".into();
    create(&world, "operator", other).send().await.ok();
    let manager = json!({"email": "m@x.example", "name": "M", "manager": true});
    call(manager).assert_rejected(422, "no-organization").await;
    world
        .post("/v1/customers")
        .by("contactManager")
        .json(hana())
        .assert_rejected(403, "role-not-allowed")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn manager_claim_without_a_manager_record_is_refused() {
    let world = World::demo().await;
    let person = |email: &str| {
        let org = world.id("yamada");
        world.token_of(json!({"sub": "p", "email": email, "role": "customer", "org": org, "manager": true}))
    };
    let path = "/v1/organizations/{yamada}/customers";
    // No customer has the first e-mail; the second belongs to a customer who is not a contact manager.
    for email in ["unknown@yamada.example", "sora@yamada.example"] {
        let call = world.post(path).token(&person(email)).json(hana());
        call.assert_rejected(404, "not-found").await;
        // Such a caller cannot create the record that would make it a contact manager, either.
        let own = json!({"email": email, "name": "Own", "manager": true});
        world.post(path).token(&person(email)).json(own).assert_rejected(404, "not-found").await;
    }
    let own = json!({"email": "yuki@yamada.example", "name": "Yuki"});
    create(&world, "contactManager", own).assert_rejected(409, "email-taken").await;
    create(&world, "otherContactManager", hana()).assert_rejected(404, "not-found").await;
    create(&world, "customer", hana()).assert_rejected(403, "role-not-allowed").await;
    let absent = world.id("yamada").replace("0001", "0009");
    let call = world.post(&format!("/v1/organizations/{absent}/customers")).by("operator").json(hana());
    call.assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn email_is_unique_per_organization_and_external_id_per_creator() {
    let world = World::demo().await;
    let both = || json!({"email": "SORA@yamada.example", "name": "Other", "externalId": "Y-2"});
    let refused = create(&world, "operator", both()).assert_rejected(409, "email-taken").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(refused.faults(), [fault("/email", "email-taken"), fault("/externalId", "external-id-taken")]);
    assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(world.id("sora")));
    // The vendor's external ids are unique across all organizations. Another creator may use the same id and so
    // does not learn that the vendor has it.
    let elsewhere = |email: &str| json!({"email": email, "name": "Sora", "externalId": "Y-2"});
    let call = world.post("/v1/organizations/{bogazici}/customers").by("operator");
    call.json(elsewhere("sora@yamada.example")).assert_rejected(409, "external-id-taken").await;
    let own = create(&world, "contactManager", elsewhere("two@yamada.example")).send().await.ok();
    assert_eq!((&own["externalId"], &own["createdBy"]), (&json!("Y-2"), &json!(world.id("yamada"))));
    create(&world, "contactManager", elsewhere("three@yamada.example"))
        .assert_rejected(409, "external-id-taken")
        .await;
    let call = world.post("/v1/organizations/{bogazici}/customers").by("otherContactManager");
    call.json(elsewhere("sora@yamada.example")).send().await.ok();

    let renamed = |path: String, who: &str| world.patch(&path).by(who).json(json!({"name": "New"})).send();
    let of_vendor = renamed("/v1/customers/{sora}".to_owned(), "contactManager").await.ok();
    assert_eq!(of_vendor.get("externalId"), None, "the vendor's own business");
    let own = renamed(format!("/v1/customers/{}", own["id"].as_str().unwrap()), "contactManager").await.ok();
    assert_eq!(own["externalId"], "Y-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_duplicates_create_one() {
    let world = World::demo().await;
    world.chaos(5, 4);
    let all =
        join_all((0..32).map(|_| async { create(&world, "contactManager", hana()).decided().await.status }));
    let mut told = all.await;
    told.sort_unstable();
    assert_eq!((told[0], told[1], told[31]), (201, 409, 409));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_body_reports_every_fault() {
    let world = World::demo().await;
    let body = json!({"email": "nobody", "name": "", "manager": 1, "externalId": " ", "role": "king"});
    let reply = create(&world, "operator", body).assert_rejected(400, "invalid-request").await;
    let places: Vec<_> = reply.faults().into_iter().map(|(at, _)| at).collect();
    assert_eq!(places, ["/email", "/externalId", "/manager", "/name", "/role"]);
}
