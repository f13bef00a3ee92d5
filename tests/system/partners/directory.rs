//! The directory of a partner and what else lets it see an organization: entries come from operators, creations, orders
//! and transfers; a grant lets its grantees see the organization while it is in force.

use serde_json::{Value, json};
use system::{Reply, World};

use crate::access::{grant, set_time};
use crate::orders::link;
use crate::subscriptions::{created_ids, ids, line, send_message};

const THEN: &str = "2026-01-05T09:59:00Z";

const READS: [&str; 4] = ["", "/subscriptions", "/sites", "/licenses"];

/// Asserts that a member of a partner sees Yamada.
async fn assert_seen(world: &World, who: &str) {
    for what in READS {
        world.get(&format!("/v1/organizations/{{yamada}}{what}")).by(who).send().await.ok();
    }
}

/// Asserts that Yamada does not exist for a member of a partner.
async fn assert_unseen(world: &World, who: &str) {
    for what in READS {
        let path = format!("/v1/organizations/{{yamada}}{what}");
        world.get(&path).by(who).assert_rejected(404, "not-found").await;
    }
}

/// Returns the directory of a partner.
async fn directory(world: &World, partner: &str) -> Vec<Value> {
    let path = format!("/v1/partners/{{{partner}}}/organizations?pageSize=100");
    let page = world.get(&path).by("operator").send().await.ok();
    let items = page["items"].as_array().unwrap().iter();
    // The list also has organizations to which only a grant gives access.
    let items = items.filter(|item| item["inDirectory"] == true);
    items.map(|item| item["organizationId"].clone()).collect()
}

/// Returns the origins of a partner's entries of an organization, newest first.
async fn origins(world: &World, partner: &str, organization: &str) -> Vec<Value> {
    let path = format!("/v1/partners/{{{partner}}}/history?type=partner.organization-added&pageSize=100");
    let page = world.get(&path).by("operator").send().await.ok();
    let events = page["items"].as_array().unwrap().iter();
    let events = events.filter(|event| event["organization"]["id"] == world.id(organization));
    events.map(|event| event["data"]["origin"].clone()).collect()
}

async fn remove(world: &World, partner: &str, organization: &str) {
    let path = format!("/v1/partners/{{{partner}}}/organizations/{{{organization}}}");
    world.delete(&path).by("operator").send().await.ok();
}

async fn place(world: &World, id: &str, account: &str, lines: Value) -> Reply {
    let data = json!({"orderId": id, "storeAccount": account, "lines": lines});
    send_message(world, &format!("msg-{id}"), "order.placed", THEN, data).await
}

async fn transfer(world: &World, id: &str, external: &str, account: &str) -> Reply {
    let data = json!({"subscription": {"externalId": external}, "storeAccount": account});
    send_message(world, id, "subscription.transferred", THEN, data).await
}

#[tokio::test(flavor = "multi_thread")]
async fn grant_lets_its_partner_see_the_organization_until_it_expires() {
    let world = World::demo().await;
    assert_unseen(&world, "otherPartnerMember").await;
    let brief = json!({"organizationLevel": "cc", "expiresAt": "2026-01-05T10:01:00Z"});
    grant(&world, "otherPartner", brief).send().await.ok();
    assert_seen(&world, "otherPartnerMember").await;
    let listed = world.get("/v1/organizations/{yamada}/subscriptions").by("otherPartnerAdmin").send().await;
    assert_eq!(listed.ok()["items"], json!([]));
    // A person without a member record has no access.
    let org = world.id("otherPartner");
    let person = json!({"sub": "x", "email": "x@anadolu.example", "role": "partner", "org": org});
    let token = world.token_of(person);
    world.get("/v1/organizations/{yamada}").token(&token).assert_rejected(404, "not-found").await;
    // The grant adds nothing to the directory, so that no licenses can be assigned.
    assert!(!directory(&world, "otherPartner").await.contains(&json!(world.id("yamada"))));
    let page = world.get("/v1/partners/{otherPartner}/access").by("otherPartnerMember").send().await.ok();
    assert!(
        page["items"].as_array().unwrap().iter().any(|one| one["organization"]["id"] == world.id("yamada"))
    );
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
    let body = json!({"organizationId": "{yamada}", "lines": lines});
    let assign = world.post("/v1/partners/{otherPartner}/license-assignments").by("otherPartnerMember");
    let refused = assign.key("k").json(body).assert_rejected(404, "not-found").await;
    assert_eq!(refused.faults(), [("/organizationId".to_owned(), "not-found".to_owned())]);

    set_time(&world, "2026-01-05T10:00:59.999Z").await;
    assert_seen(&world, "otherPartnerMember").await;
    // The schedule has not run.
    set_time(&world, "2026-01-05T10:01:00Z").await;
    assert_unseen(&world, "otherPartnerMember").await;
    // Access can still be requested.
    let wanted = json!({"contactManagerEmail": "yuki@yamada.example", "expiresAt": "2026-10-01T00:00:00Z",
        "individuals": [{"email": "emre@anadolu.example", "level": "look"}]});
    let asked = world.post("/v1/partners/{otherPartner}/access-requests").by("otherPartnerMember");
    let asked = asked.json(wanted).send().await.ok();
    let path = format!("/v1/access-requests/{}/approve", asked["id"].as_str().unwrap());
    world.post(&path).by("contactManager").json(json!({})).send().await.ok();
    assert_seen(&world, "otherPartnerMember").await;
    // The grant is for one member, so that the other one sees nothing.
    assert_unseen(&world, "otherPartnerAdmin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_or_relinquished_grant_shows_nothing() {
    let world = World::demo().await;
    for end in ["revoke", "relinquish"] {
        let made =
            grant(&world, "otherPartner", json!({"organizationLevel": "full-admin"})).send().await.ok();
        assert_seen(&world, "otherPartnerMember").await;
        let id = made["grants"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap();
        let path = format!("/v1/organizations/{{yamada}}/access/{{otherPartner}}/{id}");
        match end {
            "revoke" => world.delete(&path).by("contactManager").send().await.ok(),
            _ => world.post(&format!("{path}/relinquish")).by("otherPartnerAdmin").send().await.ok(),
        };
        assert_unseen(&world, "otherPartnerMember").await;
    }
    // A member who is removed has no access, although its token is still valid.
    grant(&world, "otherPartner", json!({"organizationLevel": "cc"})).send().await.ok();
    assert_seen(&world, "otherPartnerAdmin").await;
    let members = world.get("/v1/partners/{otherPartner}/members").by("operator").send().await.ok();
    let members = members["items"].as_array().unwrap().iter();
    let deniz = members.clone().find(|one| one["email"] == "deniz@anadolu.example").unwrap();
    let path = format!("/v1/partners/{{otherPartner}}/members/{}", deniz["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    assert_unseen(&world, "otherPartnerAdmin").await;
    assert_seen(&world, "otherPartnerMember").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transfer_adds_an_entry_with_one_event() {
    let world = World::demo().await;
    transfer(&world, "m1", "S-1", "ec-4712").await.ok();
    transfer(&world, "m2", "S-2", "ec-4712").await.ok();
    assert_eq!(origins(&world, "otherPartner", "yamada").await, ["transfer"]);
    let history = world.get("/v1/organizations/{yamada}/history?type=partner.organization-added&pageSize=1");
    let history = history.by("contactManager").send().await.ok();
    assert_eq!(history["items"][0]["partner"]["id"], world.id("otherPartner"));
    assert!(directory(&world, "otherPartner").await.contains(&json!(world.id("yamada"))));
    // After its removal, the partner still sees what it manages; the next transfer adds the organization again.
    remove(&world, "otherPartner", "yamada").await;
    assert!(!directory(&world, "otherPartner").await.contains(&json!(world.id("yamada"))));
    let listed = world.get("/v1/organizations/{yamada}/subscriptions").by("otherPartnerMember").send().await;
    assert_eq!(ids(&listed.ok()["items"]), [world.id("subscription"), world.id("wallSubscription")]);
    world.get("/v1/organizations/{yamada}").by("otherPartnerMember").send().await.ok();
    let before = world.contents().await;
    transfer(&world, "m2", "S-2", "ec-4712").await.ok();
    world.assert_unchanged(&before).await;
    transfer(&world, "m3", "S-3", "ec-4712").await.ok();
    assert_eq!(origins(&world, "otherPartner", "yamada").await, ["transfer", "transfer"]);
    assert!(directory(&world, "otherPartner").await.contains(&json!(world.id("yamada"))));
    let found = world.get("/v1/partners/{otherPartner}/organizations?name=yamada").by("otherPartnerMember");
    assert_eq!(found.send().await.ok()["items"][0]["organizationId"], world.id("yamada"));
}

#[tokio::test(flavor = "multi_thread")]
async fn order_adds_an_entry_only_for_an_organization_that_the_partner_has_to_do_with() {
    let world = World::demo().await;
    let lines = |from: usize| -> Value {
        let one = |number| line("subscription", "ER-1", "C-1", json!({"externalId": format!("T-{number}")}));
        (from..from + 3).map(one).collect()
    };
    let before = world.contents().await;
    let refused = place(&world, "SO-1", "ec-4712", lines(0)).await;
    assert_eq!((refused.status, refused.code()), (422, "unknown-organization"));
    let is_trace = |(pk, _): &(String, String)| pk.starts_with("REFUSED#") || pk == "LOG#VENDOR";
    let mut after = world.contents().await;
    after.retain(|key, _| before.contains_key(key) || !is_trace(key));
    assert_eq!(after, before, "nothing but the refusal is recorded");
    grant(&world, "otherPartner", json!({"organizationLevel": "cc"})).send().await.ok();
    let made = place(&world, "SO-2", "ec-4712", lines(0)).await.ok();
    assert_eq!(created_ids(&made).len(), 3);
    assert_eq!(origins(&world, "otherPartner", "yamada").await, ["order"]);
    place(&world, "SO-3", "ec-4712", lines(3)).await.ok();
    assert_eq!(origins(&world, "otherPartner", "yamada").await, ["order"]);
    // A removed entry comes back with the next order, also after the grant has ended.
    remove(&world, "otherPartner", "yamada").await;
    set_time(&world, "2027-01-06T00:00:00Z").await;
    place(&world, "SO-4", "ec-4712", lines(6)).await.ok();
    assert_eq!(origins(&world, "otherPartner", "yamada").await, ["order", "order"]);
    assert!(directory(&world, "otherPartner").await.contains(&json!(world.id("yamada"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn released_order_and_earlier_transfer_add_an_entry_with_one_event() {
    let world = World::demo().await;
    let one = |external: &str| line("subscription", "ER-1", "C-3", json!({"externalId": external}));
    // The organization was in the directory of the partner whose account is linked later.
    world.put("/v1/partners/{newPartner}/organizations/{harbour}").by("operator").send().await.ok();
    remove(&world, "newPartner", "harbour").await;
    assert_eq!(place(&world, "SO-1", "ec-9", json!([one("H-1"), one("H-2")])).await.status, 202);
    link(&world, "{newPartner}", "ec-9").await.ok();
    assert_eq!(origins(&world, "newPartner", "harbour").await, ["order", "operator"]);
    assert_eq!(directory(&world, "newPartner").await, [world.id("harbour")]);
    // A transfer is reported before its order: the partner that manages the subscription gets the entry.
    assert_eq!(transfer(&world, "m1", "H-3", "ec-4712").await.ok()["outcome"], "pending");
    assert_eq!(origins(&world, "otherPartner", "harbour").await, Vec::<Value>::new());
    place(&world, "SO-2", "ec-4711", json!([one("H-3"), one("H-4")])).await.ok();
    assert_eq!(origins(&world, "otherPartner", "harbour").await, ["transfer"]);
    assert!(directory(&world, "otherPartner").await.contains(&json!(world.id("harbour"))));
    assert_eq!(origins(&world, "partner", "harbour").await, ["creation"]);
}

/// 20 lines for 20 organizations with the longest names take several transactions.
#[tokio::test(flavor = "multi_thread")]
async fn order_for_many_organizations_adds_them_all() {
    let world = World::demo().await;
    let name = |number: usize| {
        let words = (0..30).map(|word| format!("{}{number:02}", char::from(b'a' + word % 26)));
        words.collect::<Vec<_>>().join(" ")
    };
    let (mut made, mut lines) = (Vec::new(), Vec::new());
    for number in 0..20 {
        let body = json!({"name": name(number), "partnerId": "{newPartner}"});
        let organization = world.post("/v1/organizations").by("newPartnerAdmin").json(body).send().await.ok();
        let id = organization["id"].clone();
        let path = format!("/v1/partners/{{newPartner}}/organizations/{}", id.as_str().unwrap());
        world.delete(&path).by("operator").send().await.ok();
        let more = json!({"organization": {"id": id}, "externalId": format!("N-{number}")});
        lines.push(line("subscription", "ER-1", "C-3", more));
        made.push(id);
    }
    let body = json!({"sourceId": "{source}", "account": "ec-9"});
    world.put("/v1/partners/{newPartner}/store").by("operator").json(body).send().await.ok();
    assert_eq!(directory(&world, "newPartner").await, Vec::<Value>::new());
    assert_eq!(created_ids(&place(&world, "SO-1", "ec-9", json!(lines)).await.ok()).len(), 20);
    assert_eq!(directory(&world, "newPartner").await, made);
    let history = world.get("/v1/partners/{newPartner}/history?type=partner.organization-added&pageSize=100");
    let history = history.by("newPartnerAdmin").send().await.ok();
    let added = history["items"].as_array().unwrap().iter();
    assert_eq!(added.filter(|event| event["data"]["origin"] == "order").count(), 20);
}
