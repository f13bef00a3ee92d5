//! `set-service-request-contact`

use futures_util::future::join;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

use super::{PATH, add_ren, contact, customer, grant_ren, listed_ids, open_for_id, ren};
use crate::access::set_time;

#[test]
fn canonical_call_is_published() {
    let body = json!({"role": "additional"});
    Payload::of(
        "set-service-request-contact",
        "/v1/organizations/{yamada}/service-requests/{serviceRequest}/contacts/ren@miyako.example",
    )
    .by("agent")
    .json(&body)
    .publish();
}

const HARUTO: &str = "haruto@yamada.example";
const REN: &str = "ren@miyako.example";
const AIKO: &str = "aiko@miyako.example";

fn make<'a>(world: &'a World, who: &str, email: &str, role: &str) -> Call<'a> {
    contact(world, who, "{serviceRequest}", email, role)
}

async fn shown(world: &World, who: &str) -> Value {
    world.get(&format!("{PATH}/{{serviceRequest}}")).by(who).send().await.ok()
}

fn haruto(world: &World) -> Value {
    customer(world, "haruto", "Haruto Ono")
}

fn sora(world: &World) -> Value {
    customer(world, "sora", "Sora Sato")
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_and_members_with_access_become_contacts_with_an_event() {
    let world = World::demo().await;
    let added = make(&world, "customer", HARUTO, "additional").send().await;
    assert_eq!((added.status, added.header("etag")), (200, Some("\"2\"")));
    assert_eq!(added.body["additionalContacts"], json!([haruto(&world)]));
    make(&world, "agent", REN, "additional").send().await.ok();
    let contents = world.contents().await;
    for (who, email) in [("customer", REN), ("contactManager", HARUTO), ("partnerAdmin", REN)] {
        make(&world, who, email, "additional").send().await.ok();
    }
    world.assert_unchanged(&contents).await;
    let made = shown(&world, "customer").await;
    assert_eq!(made["additionalContacts"], json!([haruto(&world), ren(&world)]));
    assert_eq!(made["primaryContact"], sora(&world));

    let path = "/v1/organizations/{yamada}/history?type=service-request.contact-set&order=asc";
    let history = world.get(path).by("contactManager").send().await.ok();
    let request = world.id("serviceRequest");
    let data: Vec<_> = history["items"].as_array().unwrap().iter().map(|event| &event["data"]).collect();
    let of = |who: &str, id: &str| json!({"serviceRequestId": request, "role": "additional", who: id});
    assert_eq!(data, [&of("customerId", world.id("haruto")), &of("memberId", world.id("ren"))]);
    let path = "/v1/partners/{partner}/history?type=service-request.contact-set";
    let history = world.get(path).by("partnerAdmin").send().await.ok();
    assert_eq!(history["items"].as_array().unwrap().len(), 1, "its own members are a partner's business");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_primary_contact_makes_the_previous_one_additional() {
    let world = World::demo().await;
    make(&world, "customer", HARUTO, "additional").send().await.ok();
    let made = make(&world, "customer", HARUTO, "primary").send().await.ok();
    let sora = sora(&world);
    assert_eq!((&made["primaryContact"], &made["additionalContacts"]), (&haruto(&world), &json!([sora])));
    let contents = world.contents().await;
    make(&world, "customer", HARUTO, "primary").send().await.ok();
    make(&world, "customer", HARUTO, "additional").assert_rejected(409, "primary-contact").await;
    world.assert_unchanged(&contents).await;

    // Of two concurrent calls, one sets the primary contact; the other person stays an additional contact.
    world.chaos(4, 11);
    let (one, other) =
        (make(&world, "agent", AIKO, "primary"), make(&world, "customer", "yuki@yamada.example", "primary"));
    let (one, other) = join(one.decided(), other.decided()).await;
    assert_eq!((one.status, other.status), (200, 200));
    world.chaos(0, 0);
    let made = shown(&world, "customer").await;
    let mut all = vec![made["primaryContact"]["email"].clone()];
    all.extend(made["additionalContacts"].as_array().unwrap().iter().map(|one| one["email"].clone()));
    assert!(
        ["\"aiko@miyako.example\"", "\"yuki@yamada.example\""].contains(&&*all[0].to_string()),
        "{all:?}"
    );
    all.sort_by_key(Value::to_string);
    assert_eq!(all, [AIKO, HARUTO, "sora@yamada.example", "yuki@yamada.example"]);

    // The time zone belongs to the primary contact: it is kept while the contact stays the same.
    let body =
        json!({"subject": "Cameras", "description": "One", "kind": "question", "timeZone": "Asia/Seoul"});
    let made = world.post(PATH).by("partnerAdmin").json(body).send().await.ok();
    let id = made["id"].as_str().unwrap();
    let same = contact(&world, "customer", id, AIKO, "primary").send().await.ok();
    assert_eq!(same["timeZone"], "Asia/Seoul");
    // Once the person has a customer record, that customer becomes the contact in place of the member, without
    // the member's time zone.
    let record = json!({"email": AIKO, "name": "Aiko"});
    world.post("/v1/organizations/{yamada}/customers").by("operator").json(record).send().await.ok();
    let other = contact(&world, "customer", id, AIKO, "primary").send().await.ok();
    assert_eq!((&other["additionalContacts"], other.get("timeZone")), (&json!([]), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn member_needs_update_to_be_primary_and_any_level_to_be_additional() {
    let world = World::demo().await;
    for (level, good) in
        [("cc", false), ("look", false), ("update", true), ("create", true), ("full-admin", true)]
    {
        grant_ren(&world, level).await;
        add_ren(&world, &open_for_id(&world, "customer").await).await;
        let id = open_for_id(&world, "customer").await;
        let call = contact(&world, "customer", &id, REN, "primary");
        match good {
            true => assert_eq!(call.send().await.ok()["primaryContact"], ren(&world), "{level}"),
            false => {
                call.assert_rejected(422, "primary-needs-update").await;
            }
        }
    }
    // A member who became the primary contact with `update` is a former contact while its level is lower.
    let former = async || shown(&world, "customer").await["formerContacts"].clone();
    make(&world, "customer", REN, "primary").send().await.ok();
    assert_eq!(former().await, json!([]));
    grant_ren(&world, "look").await;
    assert_eq!(former().await, json!([REN]));
    grant_ren(&world, "cc").await;
    let path = format!("{PATH}/{{serviceRequest}}");
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    grant_ren(&world, "update").await;
    assert_eq!(former().await, json!([]), "and it comes back with the level");
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_access_ends_when_its_grant_expires() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-01-10T09:00:00Z",
        "individuals": [{"email": "deniz@anadolu.example", "level": "cc"}]});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    make(&world, "agent", "deniz@anadolu.example", "additional").send().await.ok();
    let path = format!("{PATH}/{{serviceRequest}}");
    for (now, status, former) in [
        ("2026-01-10T08:59:59.999Z", 200, json!([])),
        ("2026-01-10T09:00:00Z", 404, json!(["deniz@anadolu.example"])),
    ] {
        set_time(&world, now).await;
        assert_eq!(world.get(&path).by("otherPartnerAdmin").send().await.status, status, "{now}");
        assert_eq!(shown(&world, "customer").await["formerContacts"], former, "{now}");
    }
    // A member whose access has expired cannot become a contact.
    let id = open_for_id(&world, "customer").await;
    let call = contact(&world, "customer", &id, "deniz@anadolu.example", "additional");
    call.assert_rejected(422, "unknown-contact").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_customer_or_member_becomes_a_former_contact() {
    let world = World::demo().await;
    grant_ren(&world, "cc").await;
    for email in [HARUTO, REN] {
        make(&world, "customer", email, "additional").send().await.ok();
    }
    world.delete("/v1/customers/{haruto}").by("operator").send().await.ok();
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    assert_eq!(shown(&world, "agent").await["formerContacts"], json!([HARUTO, REN]));
    // New records with the same e-mails are different people, who are no contacts until they are made contacts.
    let again = |email: &str| json!({"email": email, "name": "Again"});
    world.post("/v1/organizations/{yamada}/customers").by("operator").json(again(HARUTO)).send().await.ok();
    world.post("/v1/partners/{partner}/members").by("operator").json(again(REN)).send().await.ok();
    grant_ren(&world, "cc").await;
    assert_eq!(shown(&world, "agent").await["formerContacts"], json!([HARUTO, REN]));
    for email in [HARUTO, REN] {
        make(&world, "customer", email, "additional").send().await.ok();
    }
    assert_eq!(shown(&world, "partnerMember").await["formerContacts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_with_update_adds_only_customers_and_its_own_members() {
    let world = World::demo().await;
    for (level, status) in [("look", 403), ("update", 200)] {
        grant_ren(&world, level).await;
        for email in [HARUTO, AIKO, REN] {
            let made = make(&world, "partnerMember", email, "additional").send().await;
            assert_eq!(made.status, status, "{level} {email} {}", made.body);
        }
    }
    make(&world, "partnerMember", REN, "primary").send().await.ok();
    // A partner does not learn whether an e-mail belongs to another partner's member; the organization may.
    let grant = async |whom: Value| {
        let mut body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-12-31T00:00:00Z"});
        body.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
        world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok()
    };
    let deniz = |level: &str| json!({"individuals": [{"email": "deniz@anadolu.example", "level": level}]});
    grant(json!({"organizationLevel": "cc"})).await;
    let contents = world.contents().await;
    // The organization does not learn it either, unless it approved an access request of that partner or
    // granted access to this e-mail.
    for who in ["partnerMember", "customer"] {
        make(&world, who, "deniz@anadolu.example", "additional")
            .assert_rejected(422, "unknown-contact")
            .await;
        world.assert_unchanged(&contents).await;
    }
    grant(deniz("cc")).await;
    let contents = world.contents().await;
    make(&world, "partnerMember", "deniz@anadolu.example", "additional")
        .assert_rejected(422, "unknown-contact")
        .await;
    world.assert_unchanged(&contents).await;
    make(&world, "customer", "deniz@anadolu.example", "additional").send().await.ok();
    // A partner does not learn when another partner's access ends, or which of its members did something.
    let access = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    let items = access["items"].as_array().unwrap();
    let of_other = items.iter().find(|one| one["partner"]["id"] == world.id("otherPartner")).unwrap();
    for grant in of_other["grants"].as_array().unwrap() {
        let id = grant["id"].as_str().unwrap();
        let path = format!("/v1/organizations/{{yamada}}/access/{{otherPartner}}/{id}");
        world.delete(&path).by("contactManager").send().await.ok();
    }
    assert_eq!(shown(&world, "customer").await["formerContacts"], json!(["deniz@anadolu.example"]));
    assert_eq!(shown(&world, "partnerMember").await["formerContacts"], json!([]));
    // A partner sees another partner's member as the partner's name and "a member", even in the answer to a
    // call that names the member's e-mail.
    let seen = shown(&world, "partnerMember").await;
    let a_member = json!({"partnerName": "Anadolu Güvenlik", "name": "a member"});
    assert!(seen["additionalContacts"].as_array().unwrap().contains(&a_member), "{seen}");
    let contents = world.contents().await;
    let path = format!("{PATH}/{{serviceRequest}}/contacts/deniz@anadolu.example");
    let unchanged = world.delete(&path).by("partnerMember").send().await.ok();
    assert!(unchanged["additionalContacts"].as_array().unwrap().contains(&a_member), "{unchanged}");
    world.assert_unchanged(&contents).await;
    // A partner cannot replace that contact with its own member who has the same e-mail.
    let again = json!({"email": "deniz@anadolu.example", "name": "Deniz"});
    let double = world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    let contents = world.contents().await;
    make(&world, "partnerMember", "deniz@anadolu.example", "additional")
        .assert_rejected(422, "unknown-contact")
        .await;
    world.assert_unchanged(&contents).await;
    world.delete(&path).by("customer").send().await.ok();
    let path = "/v1/partners/{otherPartner}/history?type=service-request.contact-removed";
    let history = world.get(path).by("otherPartnerAdmin").send().await.ok();
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    let double = format!("/v1/partners/{{partner}}/members/{}", double["id"].as_str().unwrap());
    world.delete(&double).by("operator").send().await.ok();
    grant(deniz("update")).await;
    make(&world, "customer", "deniz@anadolu.example", "primary").send().await.ok();
    make(&world, "partnerMember", HARUTO, "primary").assert_rejected(403, "other-partners-contact").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_added_by_an_agent_can_be_set_again_by_the_organization() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "update"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    make(&world, "customer", "deniz@anadolu.example", "additional")
        .assert_rejected(422, "unknown-contact")
        .await;
    make(&world, "agent", "deniz@anadolu.example", "additional").send().await.ok();
    let contents = world.contents().await;
    make(&world, "customer", "deniz@anadolu.example", "additional").send().await.ok();
    world.assert_unchanged(&contents).await;
    let primary = make(&world, "customer", "deniz@anadolu.example", "primary").send().await.ok();
    assert_eq!(primary["primaryContact"]["email"], "deniz@anadolu.example");
    make(&world, "customer", "derya@anadolu.example", "additional")
        .assert_rejected(422, "unknown-contact")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn member_of_two_partners_remains_the_contact_of_the_first() {
    let world = World::demo().await;
    grant_ren(&world, "cc").await;
    make(&world, "customer", REN, "additional").send().await.ok();
    let again = json!({"email": REN, "name": "Ren"});
    world.post("/v1/partners/{otherPartner}/members").by("operator").json(again).send().await.ok();
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "create"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    let contents = world.contents().await;
    let made = make(&world, "agent", REN, "additional").send().await.ok();
    assert_eq!(made["additionalContacts"], json!([ren(&world)]));
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addition_concurrent_with_member_removal_happens_before_it_or_not_at_all() {
    for seed in strength::seeds(32, 800) {
        let world = World::demo().await;
        grant_ren(&world, "update").await;
        world.chaos(4, seed);
        let contacts = async || shown(&world, "agent").await["additionalContacts"].as_array().unwrap().len();
        let lost = async {
            let path = "/v1/partners/{partner}/members/{ren}";
            assert_eq!(world.delete(path).by("operator").decided().await.status, 200);
            contacts().await
        };
        let added = make(&world, "partnerMember", HARUTO, "additional").decided();
        let (before, made) = match seed % 2 {
            0 => join(lost, added).await,
            _ => {
                let (made, before) = join(added, lost).await;
                (before, made)
            }
        };
        world.chaos(0, 0);
        assert_eq!(contacts().await, before, "nobody is added once access is lost");
        assert!(made.status == 404 || (before, made.status) == (1, 200), "{}", made.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_own_customer_record_gives_access_limited_by_level() {
    let world = World::demo().await;
    let record = json!({"email": REN, "name": "Ren"});
    let record = world.post("/v1/organizations/{yamada}/customers").by("operator").json(record);
    let record = record.send().await.ok()["id"].as_str().unwrap().to_owned();
    let as_customer = json!({"sub": "ren-2", "email": REN, "role": "customer", "org": world.id("yamada")});
    let body = json!({"subject": "Cameras", "description": "One", "kind": "question"});
    let own = world.post(PATH).token(&world.token_of(as_customer)).json(body).send().await.ok();
    let own = own["id"].as_str().unwrap().to_owned();
    add_ren(&world, world.id("serviceRequest")).await;
    let path = format!("{PATH}/{own}");
    for (level, update) in [("cc", 403), ("look", 403), ("update", 201)] {
        grant_ren(&world, level).await;
        world.get(&path).by("partnerMember").send().await.ok();
        let said = world.post(&format!("{path}/updates")).by("partnerMember").json(json!({"text": "x"}));
        assert_eq!(said.send().await.status, update, "{level}");
    }
    grant_ren(&world, "cc").await;
    let all = [own.clone(), world.id("serviceRequest").to_owned()];
    for query in ["", "organizationId={yamada}"] {
        assert_eq!(listed_ids(&world, "partnerMember", query).await, all, "{query}");
    }
    // The member also sees a service request whose primary contact it is as a customer.
    let third = open_for_id(&world, "customer").await;
    contact(&world, "customer", &third, REN, "primary").send().await.ok();
    world.get(&format!("{PATH}/{third}")).by("partnerMember").send().await.ok();
    // The customer record gives the access, not the e-mail alone.
    world.delete(&format!("/v1/customers/{record}")).by("operator").send().await.ok();
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    assert_eq!(listed_ids(&world, "partnerMember", "").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_contact_unauthorized_caller_and_stale_version_are_refused() {
    let world = World::demo().await;
    let contents = world.contents().await;
    for email in ["nobody@yamada.example", "can@bogazici.example", "deniz@anadolu.example"] {
        make(&world, "customer", email, "additional").assert_rejected(422, "unknown-contact").await;
    }
    make(&world, "operator", HARUTO, "additional").assert_rejected(403, "role-not-allowed").await;
    for who in ["otherCustomer", "otherPartnerMember", "otherContactManager"] {
        make(&world, who, HARUTO, "additional").assert_rejected(404, "not-found").await;
    }
    make(&world, "customer", "sora@yamada.example", "additional")
        .assert_rejected(409, "primary-contact")
        .await;
    let other = make(&world, "customer", HARUTO, "additional").header("if-match", "\"7\"");
    other.assert_rejected(412, "version-mismatch").await;
    let rubbish = make(&world, "customer", "haruto", "boss").assert_rejected(400, "invalid-request").await;
    let mut faults = rubbish.faults();
    faults.sort();
    let places: Vec<_> = faults.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(places, ["/role", "email"]);
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_20_additional_contacts_are_refused() {
    let world = World::demo().await;
    let mut calls = Vec::new();
    for number in 0..21 {
        let body = json!({"email": format!("c{number}@yamada.example"), "name": "C"});
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
    }
    for number in 0..20 {
        make(&world, "customer", &format!("c{number}@yamada.example"), "additional").send().await.ok();
    }
    for role in ["additional", "primary"] {
        calls.push(
            make(&world, "customer", "c20@yamada.example", role)
                .assert_rejected(409, "too-many-contacts")
                .await,
        );
    }
    // The limit does not prevent an additional contact from becoming the primary contact.
    make(&world, "customer", "c19@yamada.example", "primary").send().await.ok();
    let shown = shown(&world, "customer").await;
    assert_eq!(shown["additionalContacts"].as_array().unwrap().len(), 20);
}

/// Contacts who were removed as customers or members make room for new ones, each with its event.
#[tokio::test(flavor = "multi_thread")]
async fn removed_people_do_not_count_towards_the_limit() {
    let world = World::demo().await;
    let mut people = Vec::new();
    for number in 0..22 {
        let body = json!({"email": format!("c{number}@yamada.example"), "name": "C"});
        let made =
            world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
        people.push(made["id"].as_str().unwrap().to_owned());
    }
    let add = |number: usize, role: &str| make(&world, "agent", &format!("c{number}@yamada.example"), role);
    for number in 0..20 {
        add(number, "additional").send().await.ok();
    }
    add(20, "additional").assert_rejected(409, "too-many-contacts").await;
    world.delete(&format!("/v1/customers/{}", people[3])).by("operator").send().await.ok();
    let made = add(20, "additional").send().await.ok();
    let emails: Vec<_> =
        made["additionalContacts"].as_array().unwrap().iter().map(|one| one["email"].clone()).collect();
    assert_eq!((emails.len(), emails.contains(&json!("c3@yamada.example"))), (20, false));
    let path = "/v1/organizations/{yamada}/history?type=service-request.contact-removed";
    let told = world.get(path).by("operator").send().await.ok();
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
    assert_eq!(told["items"][0]["data"]["customerId"], people[3]);
    // A new primary contact makes the previous one additional, for whom there is room only if somebody was removed.
    add(21, "primary").assert_rejected(409, "too-many-contacts").await;
    world.delete(&format!("/v1/customers/{}", people[4])).by("operator").send().await.ok();
    let made = add(21, "primary").send().await.ok();
    assert_eq!(made["primaryContact"]["email"], "c21@yamada.example");
    assert_eq!(made["additionalContacts"].as_array().unwrap().len(), 20);
}
