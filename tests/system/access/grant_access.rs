//! `grant-access`

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use system::payload::Payload;
use system::{World, strength};

use super::{events, grant, individual_grantee, level, resolved};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "expiresAt": "2026-10-01T00:00:00Z",
        "organizationLevel": "look",
        "partnerId": "{otherPartner}",
    });
    Payload::of("grant-access", "/v1/organizations/{yamada}/access")
        .by("contactManager")
        .json(&body)
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_manager_grants_without_a_request_and_replaces_a_grant() {
    let world = World::demo().await;
    let made = grant(&world, "otherPartner", json!({"organizationLevel": "look"})).send().await;
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some(&*world.fill("/v1/organizations/{yamada}/access")))
    );
    assert_eq!(
        (&made.body["partner"]["name"], &made.body["version"]),
        (&json!("Anadolu Güvenlik"), &json!(1))
    );
    let id = made.body["grants"][0]["id"].clone();
    // A new grant replaces the earlier one, and its reason is recorded in the history.
    let more = json!({"organizationLevel": "full-admin", "reason": "They run the site now."});
    let raised = grant(&world, "otherPartner", more).send().await.ok();
    let shown: Vec<_> =
        raised["grants"].as_array().unwrap().iter().map(|one| (&one["level"], &one["state"])).collect();
    assert_eq!(shown, [(&json!("look"), &json!("replaced")), (&json!("full-admin"), &json!("active"))]);
    let path = "/v1/organizations/{yamada}/history?type=access.replaced&pageSize=1";
    let history = world.get(path).by("contactManager").send().await.ok();
    let data = json!({"grantId": id, "replacedBy": raised["grants"][1]["id"]});
    assert_eq!(
        (&history["items"][0]["data"], &history["items"][0]["partner"]["name"]),
        (&data, &json!("Anadolu Güvenlik"))
    );
    let granted = events(&world, "/v1/organizations/{yamada}/history", "contactManager").await;
    let reasons: Vec<_> = granted.iter().map(|(_, data)| &data["reason"]).collect();
    assert_eq!(
        reasons.iter().filter(|reason| ***reason == "They run the site now.").count(),
        1,
        "{granted:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_with_another_version_is_refused() {
    let world = World::demo().await;
    let grant = |version: &str| {
        let call = grant(&world, "otherPartner", json!({"organizationLevel": "look"}));
        call.header("if-match", &format!("\"{version}\""))
    };
    let contents = world.contents().await;
    grant("1").assert_rejected(412, "version-mismatch").await;
    world.assert_unchanged(&contents).await;
    super::grant(&world, "otherPartner", json!({"organizationLevel": "look"})).send().await.ok();
    assert_eq!(grant("1").send().await.ok()["version"], 2);
    let contents = world.contents().await;
    grant("1").assert_rejected(412, "version-mismatch").await;
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_body_or_unauthorized_caller_is_refused() {
    let world = World::demo().await;
    grant(&world, "partner", json!({})).assert_rejected(400, "invalid-request").await;
    let absent = world.id("partner").replace("0001", "0009");
    let body = json!({"partnerId": absent, "expiresAt": "2026-01-01T00:00:00Z", "organizationLevel": "cc"});
    let call = world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body);
    let refused = call.assert_rejected(422, "expiry-passed").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(
        refused.faults(),
        [fault("/expiresAt", "expiry-passed"), fault("/partnerId", "unknown-partner")]
    );
    let body = || json!({"partnerId": "{partner}", "expiresAt": super::EXPIRY, "organizationLevel": "cc"});
    let path = "/v1/organizations/{yamada}/access";
    world.post(path).by("otherContactManager").json(body()).assert_rejected(404, "not-found").await;
    for who in ["customer", "operator", "partnerAdmin"] {
        world.post(path).by(who).json(body()).assert_rejected(403, "role-not-allowed").await;
    }
    // A token that claims a contact manager is not enough: the customer's record decides.
    let org = world.id("yamada");
    let sora = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "org": org, "manager": true});
    world.post(path).token(&world.token_of(sora)).json(body()).assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_grants_leave_one_active_per_member() {
    let world = World::demo().await;
    world.chaos(5, 9);
    let levels = ["cc", "look", "update", "create", "service-admin", "full-admin"];
    let all = levels.iter().flat_map(|level| ["ren", "aiko"].map(|name| (name, level)));
    let all = join_all(
        all.map(|(name, level)| grant(&world, "partner", individual_grantee(name, level)).decided()),
    )
    .await;
    world.chaos(0, 0);
    assert!(all.iter().all(|reply| reply.status == 201));
    let found = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    let grants = found["items"][0]["grants"].as_array().unwrap();
    let active = |email: &str| -> Vec<&Value> {
        let of = |grant: &&Value| grant["state"] == "active" && grant["individual"]["email"] == email;
        grants.iter().filter(of).collect()
    };
    for name in ["ren", "aiko"] {
        let active = active(&format!("{name}@miyako.example"));
        assert_eq!(active.len(), 1);
        assert_eq!(level(&world, name).await.as_deref(), active[0]["level"].as_str());
    }
    assert_eq!(
        resolved(&world, "ren").await["ineffectiveGrants"].as_array().unwrap().last().unwrap()["reason"],
        "individual-wins"
    );
}

fn without(mut answer: Value, names: &[&str]) -> Value {
    for grant in answer["grants"].as_array_mut().unwrap() {
        names.iter().for_each(|name| drop(grant.as_object_mut().unwrap().remove(*name)));
    }
    answer
}

/// A contact manager must not learn from the answer, with or without `validateOnly`, whether an e-mail
/// belongs to a member of a partner.
#[tokio::test(flavor = "multi_thread")]
async fn answer_is_the_same_for_members_and_strangers() {
    for query in ["?validateOnly=true", ""] {
        let answer = async |email: &str| {
            let world = World::demo().await;
            let body = json!({"partnerId": "{otherPartner}", "expiresAt": super::EXPIRY,
                "individuals": [{"email": email, "level": "look"}]});
            let path = format!("/v1/organizations/{{yamada}}/access{query}");
            world.fault_proxy().take_costs();
            let reply = world.post(&path).by("contactManager").json(body).send().await;
            let cost = world.fault_proxy().take_costs()["grant-access"].clone();
            let answer = without(reply.body.clone(), &["id"]);
            (reply.status, answer.to_string().replace(email, "x@anadolu.example"), cost)
        };
        let member = answer("deniz@anadolu.example").await;
        assert_eq!(member.0, if query.is_empty() { 201 } else { 200 });
        assert!(!member.1.contains("mem_"), "{}", member.1);
        assert_eq!(member, answer("nixon@anadolu.example").await, "in status, body and cost");
    }
}

/// A grant without a request is bound to the member who has its e-mail or, if there is none, to the first one
/// added later. No member added after that one receives it.
#[tokio::test(flavor = "multi_thread")]
async fn grant_is_bound_once_to_the_first_member_of_its_e_mail() {
    let world = World::demo().await;
    let add = |name: &str| {
        let body = json!({"email": format!("{name}@miyako.example"), "name": name});
        world.post("/v1/partners/{partner}/members").by("partnerAdmin").json(body)
    };
    let remove = async |id: &str| {
        world.delete(&format!("/v1/partners/{{partner}}/members/{id}")).by("partnerAdmin").send().await.ok()
    };
    let own = async |name: &str| {
        let resolved = resolved(&world, name).await;
        resolved["grant"]["individual"]["email"].as_str().map(str::to_owned)
    };
    let mine = |name: &str| Some(format!("{name}@miyako.example"));
    // The member exists when the grant is given.
    grant(&world, "partner", individual_grantee("ren", "update")).send().await.ok();
    assert_eq!(own("ren").await, mine("ren"));
    remove("{ren}").await;
    add("ren").send().await.ok();
    assert_eq!(own("ren").await, None, "added again is another");
    // The member is added after the grant was given.
    grant(&world, "partner", individual_grantee("kei", "update")).send().await.ok();
    assert_eq!(own("kei").await, None);
    let kei = add("kei").send().await.ok();
    assert_eq!(own("kei").await, mine("kei"));
    let token = world.token_of(
        json!({"sub": "kei", "email": "KEI@miyako.example", "role": "partner", "org": world.id("partner")}),
    );
    world.get("/v1/organizations/{yamada}/service-requests/{serviceRequest}").token(&token).send().await.ok();
    remove(kei["id"].as_str().unwrap()).await;
    add("kei").send().await.ok();
    assert_eq!(own("kei").await, None);
    // A second grant is bound to the member who has the e-mail at that time.
    grant(&world, "partner", individual_grantee("kei", "update")).send().await.ok();
    assert_eq!(own("kei").await, mine("kei"));
    let path = "/v1/partners/{partner}/history?type=access.granted";
    let recorded = events(&world, path, "partnerAdmin").await;
    let data = &recorded.last().unwrap().1;
    assert_eq!((data.get("memberId"), &data["individual"]), (None, &json!(true)));
    // The member to whom a grant is bound may relinquish it; another member may not.
    let grant_id = resolved(&world, "kei").await["grant"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{grant_id}/relinquish");
    world.post(&path).by("partnerMember").assert_rejected(403, "admin-required").await;
    world.post(&path).token(&token).send().await.ok();
    assert_eq!(own("kei").await, None);
    // A contact manager may not give a grant to their own e-mail, even if no member has it yet.
    let myself = json!({"individuals": [{"email": "Yuki@yamada.example", "level": "cc"}]});
    grant(&world, "partner", myself).assert_rejected(422, "self-grant-forbidden").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_removal_never_passes_the_grant_to_a_re_added_member() {
    for seed in strength::seeds(24, 600) {
        let world = World::demo().await;
        let given_before = async || {
            let recorded =
                events(&world, "/v1/partners/{partner}/history?type=access.granted", "partnerAdmin").await;
            // The demo world already contains one such grant.
            recorded.iter().filter(|(_, data)| data["email"] == "ren@miyako.example").count() == 2
        };
        world.chaos(4, seed);
        let removed = async {
            let before = given_before().await;
            let path = "/v1/partners/{partner}/members/{ren}";
            assert_eq!(world.delete(path).by("operator").decided().await.status, 200);
            before
        };
        let (before, granted) =
            join(removed, grant(&world, "partner", individual_grantee("ren", "cc")).key("g").decided()).await;
        world.chaos(0, 0);
        assert_eq!(granted.status, 201, "{}", granted.body);
        let body = json!({"email": "ren@miyako.example", "name": "Ren"});
        world.post("/v1/partners/{partner}/members").by("partnerAdmin").json(body).send().await.ok();
        let resolved = resolved(&world, "ren").await;
        // A grant that existed when the removal began must not pass to the re-added member.
        let own = !resolved["grant"]["individual"].is_null();
        assert!(!(before && own), "seed {seed}: {resolved}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_100_individual_grants_are_refused() {
    let world = World::demo().await;
    let mut emails = Vec::new();
    for number in 0..100 {
        let email = format!("m{number}@miyako.example");
        let body = json!({"email": email, "name": "M"});
        world.post("/v1/partners/{partner}/members").by("partnerAdmin").json(body).send().await.ok();
        emails.push(json!({"email": email, "level": "look"}));
    }
    let more = |some: &[Value]| grant(&world, "partner", json!({"individuals": some}));
    for some in emails[..80].chunks(20) {
        more(some).send().await.ok();
    }
    // Ren's grant counts, too: 80 and 1 and 20 exceed the limit of 100.
    let refused = more(&emails[80..]).assert_rejected(422, "too-many-individuals").await;
    assert_eq!(refused.faults(), [("/individuals".to_owned(), "too-many-individuals".to_owned())]);
    more(&emails[80..99]).send().await.ok();
    more(&emails[99..]).assert_rejected(422, "too-many-individuals").await;
    let body = json!({"contactManagerEmail": "yuki@yamada.example", "expiresAt": super::EXPIRY, "individuals": [emails[99]]});
    let requested =
        world.post("/v1/partners/{partner}/access-requests").by("partnerAdmin").json(body).send().await.ok();
    let path = format!("/v1/access-requests/{}/approve", requested["id"].as_str().unwrap());
    world.post(&path).by("contactManager").json(json!({})).assert_rejected(422, "too-many-individuals").await;
    // A grant that replaces one of the same member does not count as an additional one.
    more(&emails[..20]).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_removed_members_make_room() {
    let world = World::demo().await;
    let mut emails = Vec::new();
    let mut ids = Vec::new();
    for number in 0..3 {
        let email = format!("m{number}@miyako.example");
        let body = json!({"email": email, "name": "M"});
        let made =
            world.post("/v1/partners/{partner}/members").by("partnerAdmin").json(body).send().await.ok();
        ids.push(made["id"].as_str().unwrap().to_owned());
        emails.push(json!({"email": email, "level": "look"}));
    }
    let more = |some: &[Value]| grant(&world, "partner", json!({"individuals": some}));
    let waiting = |from: usize, to: usize| -> Vec<Value> {
        (from..to)
            .map(|number| json!({"email": format!("w{number}@miyako.example"), "level": "look"}))
            .collect()
    };
    // One of the three was requested and approved; with Ren's, there are 100 grants.
    let requested = json!({"contactManagerEmail": "yuki@yamada.example", "expiresAt": super::EXPIRY, "individuals": [emails[0]]});
    let requested = world
        .post("/v1/partners/{partner}/access-requests")
        .by("partnerAdmin")
        .json(requested)
        .send()
        .await
        .ok();
    let path = format!("/v1/access-requests/{}/approve", requested["id"].as_str().unwrap());
    world.post(&path).by("contactManager").json(json!({})).send().await.ok();
    more(&emails[1..]).send().await.ok();
    for from in [0, 20, 40, 60] {
        more(&waiting(from, from + 20)).send().await.ok();
    }
    more(&waiting(80, 96)).send().await.ok();
    more(&waiting(96, 97)).assert_rejected(422, "too-many-individuals").await;
    for id in &ids[..2] {
        let path = format!("/v1/partners/{{partner}}/members/{id}");
        world.delete(&path).by("operator").send().await.ok();
    }
    let again = json!({"email": "m1@miyako.example", "name": "M"});
    world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    more(&waiting(96, 99)).assert_rejected(422, "too-many-individuals").await;
    more(&waiting(96, 97)).send().await.ok();
    let made = more(&waiting(97, 98)).send().await.ok();
    more(&waiting(98, 99)).assert_rejected(422, "too-many-individuals").await;
    let grants = made["grants"].as_array().unwrap().iter();
    let ended: Vec<_> = grants.filter(|one| one["state"] == "member-removed").map(|one| &one["id"]).collect();
    for log in ["/v1/partners/{partner}/history", "/v1/organizations/{yamada}/history"] {
        let recorded = events(&world, &format!("{log}?type=access.member-removed"), "operator").await;
        assert_eq!(recorded.iter().map(|(_, data)| &data["grantId"]).collect::<Vec<_>>(), ended, "{log}");
    }
    assert_eq!(ended.len(), 2);
    assert_eq!(resolved(&world, "m1").await["ineffectiveGrants"][0]["reason"], "another-member");
    assert_eq!(resolved(&world, "m2").await["level"], "look");
}

/// Whether there is room would tell a contact manager whose e-mail belonged to a member.
#[tokio::test(flavor = "multi_thread")]
async fn grants_of_removed_members_count_until_a_request_of_the_partner_was_approved() {
    let world = World::demo().await;
    let more = |emails: &[String]| {
        let individuals: Vec<_> =
            emails.iter().map(|email| json!({"email": email, "level": "look"})).collect();
        grant(&world, "otherPartner", json!({"individuals": individuals}))
    };
    let mut emails: Vec<_> = (0..99).map(|number| format!("w{number}@anadolu.example")).collect();
    emails.push("emre@anadolu.example".to_owned());
    for some in emails.chunks(20) {
        more(some).send().await.ok();
    }
    let members = world.get("/v1/partners/{otherPartner}/members").by("operator").send().await.ok();
    let members = members["items"].as_array().unwrap().iter();
    let emre = members.clone().find(|one| one["email"] == "emre@anadolu.example").unwrap();
    let path = format!("/v1/partners/{{otherPartner}}/members/{}", emre["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    more(&["new@anadolu.example".to_owned()]).assert_rejected(422, "too-many-individuals").await;
}
