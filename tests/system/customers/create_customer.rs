//! `create-customer`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::{Call, World};

fn create<'a>(world: &'a World, who: &str, body: Value) -> Call<'a> {
    world.post("/v1/organizations/{yamada}/customers").by(who).json(body)
}

fn hana() -> Value {
    json!({"email": "Hana@YAMADA.example", "name": "Hana Ito", "externalId": "Y-3"})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_and_the_organizations_contact_manager_make_customers() {
    for who in ["operator", "contactManager"] {
        let world = World::demo().await;
        let made = create(&world, who, hana()).send().await;
        let id = made.body["id"].as_str().unwrap().to_owned();
        assert_eq!((made.status, made.header("location")), (201, Some(&*format!("/v1/customers/{id}"))));
        assert_eq!(
            world.timeless(made.body),
            json!({
                "id": id, "organizationId": world.id("yamada"), "email": "hana@yamada.example",
                "name": "Hana Ito", "externalId": "Y-3", "manager": false, "version": 1,
            })
        );
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
async fn who_is_in_no_organization_is_an_operators_to_make_and_manages_none() {
    let world = World::demo().await;
    let call = |body: Value| world.post("/v1/customers").by("operator").json(body);
    let made = call(hana()).send().await.ok();
    assert!(made["organizationId"].is_null());
    call(hana()).refused(409, "email-taken").await;
    create(&world, "operator", hana()).send().await.ok();
    let manager = json!({"email": "m@x.example", "name": "M", "manager": true});
    call(manager).refused(422, "no-organization").await;
    world.post("/v1/customers").by("contactManager").json(hana()).refused(403, "role-not-allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_alone_makes_nobody_a_contact_manager() {
    let world = World::demo().await;
    let person = |email: &str| {
        let org = world.id("yamada");
        world.token_of(json!({"sub": "p", "email": email, "role": "customer", "org": org, "manager": true}))
    };
    let path = "/v1/organizations/{yamada}/customers";
    // Nobody knows the first; the second is a customer, and manages nothing.
    for email in ["unknown@yamada.example", "sora@yamada.example"] {
        let call = world.post(path).token(&person(email)).json(hana());
        call.refused(404, "not-found").await;
        // Not even by making the record that would say so.
        let own = json!({"email": email, "name": "Own", "manager": true});
        world.post(path).token(&person(email)).json(own).refused(404, "not-found").await;
    }
    let own = json!({"email": "yuki@yamada.example", "name": "Yuki"});
    create(&world, "contactManager", own).refused(409, "email-taken").await;
    create(&world, "otherContactManager", hana()).refused(404, "not-found").await;
    create(&world, "customer", hana()).refused(403, "role-not-allowed").await;
    let absent = world.id("yamada").replace("0001", "0009");
    let call = world.post(&format!("/v1/organizations/{absent}/customers")).by("operator").json(hana());
    call.refused(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e_mail_and_external_id_are_one_customers_in_an_organization() {
    let world = World::demo().await;
    let both = json!({"email": "SORA@yamada.example", "name": "Other", "externalId": "Y-2"});
    let both = create(&world, "contactManager", both).refused(409, "email-taken").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(both.faults(), [fault("/email", "email-taken"), fault("/externalId", "external-id-taken")]);
    assert!(both.body["errors"][0]["detail"].as_str().unwrap().contains(world.id("sora")));
    let elsewhere = json!({"email": "sora@yamada.example", "name": "Sora", "externalId": "Y-2"});
    let call = world.post("/v1/organizations/{bogazici}/customers").by("operator").json(elsewhere);
    call.send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_made() {
    let world = World::demo().await;
    world.chaos(5, 4);
    let all = join_all((0..32).map(|_| async {
        loop {
            let reply = create(&world, "contactManager", hana()).send().await;
            if reply.status != 503 {
                return reply.status;
            }
        }
    }));
    let mut told = all.await;
    told.sort_unstable();
    assert_eq!((told[0], told[1], told[31]), (201, 409, 409));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_named() {
    let world = World::demo().await;
    let body = json!({"email": "nobody", "name": "", "manager": 1, "externalId": " ", "role": "king"});
    let reply = create(&world, "operator", body).refused(400, "invalid-request").await;
    let places: Vec<_> = reply.faults().into_iter().map(|(at, _)| at).collect();
    assert_eq!(places, ["/email", "/externalId", "/manager", "/name", "/role"]);
}
