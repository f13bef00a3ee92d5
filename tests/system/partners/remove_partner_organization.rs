//! `remove-partner-organization`

use api_runtime::table::{NamePart, NameScope};
use futures_util::future::join_all;
use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

use crate::orders::run_job_after_a_minute;
use crate::subscriptions::{get_as, ids};

#[test]
fn canonical_call_is_published() {
    Payload::of("remove-partner-organization", "/v1/partners/{otherPartner}/organizations/{bogazici}")
        .by("otherContactManager")
        .publish();
}

fn remove<'a>(world: &'a World, organization: &str) -> Call<'a> {
    world.delete(&format!("/v1/partners/{{partner}}/organizations/{organization}")).by("operator")
}

fn add<'a>(world: &'a World, organization: &str) -> Call<'a> {
    world.put(&format!("/v1/partners/{{partner}}/organizations/{organization}")).by("operator")
}

fn assign<'a>(world: &'a World, organization: &str, key: &str) -> Call<'a> {
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
    let body = json!({"organizationId": organization, "lines": lines});
    world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key(key).json(body)
}

/// Returns the names in the partner's directory that a search finds.
async fn found(world: &World, typed: &str) -> Vec<String> {
    let path = format!("/v1/partners/{{partner}}/organizations?name={typed}");
    let page = world.get(&path).by("partnerMember").send().await.ok();
    assert_eq!(page.get("nextPageToken"), None);
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// Returns the directory events of an organization in a partner's history, oldest first.
async fn events(world: &World, organization: &str) -> Vec<(String, Value)> {
    let path = "/v1/partners/{partner}/history?order=asc&pageSize=100";
    let page = world.get(path).by("partnerMember").send().await.ok();
    let events = page["items"].as_array().unwrap().iter();
    let events = events.filter(|event| event["organization"]["id"] == *organization);
    let events = events.map(|event| (event["type"].as_str().unwrap().to_owned(), event["data"].clone()));
    events.filter(|(kind, _)| kind.starts_with("partner.organization-")).collect()
}

/// Returns whether an organization is in the partner's directory. The entry, its name and the parts of its name must agree.
async fn is_listed(world: &World, organization: &str) -> bool {
    let contents = world.contents().await;
    let partner = world.id("partner");
    let at = |sk: String| contents.get(&(format!("PARTNER#{partner}"), sk));
    let entry = at(format!("CUSTOMER#{organization}")).unwrap();
    let is_listed = !entry.contains("removedAt");
    assert_eq!(at(format!("NAME#{organization}")).is_some(), is_listed);
    let parts = contents
        .keys()
        .filter(|(pk, sk)| *pk == format!("NAMES#{partner}") && sk.ends_with(&format!("#{organization}")));
    let entry: Value = serde_json::from_str(entry).unwrap();
    let name = entry["name"]["S"].as_str().unwrap().parse().unwrap();
    let all = NamePart::all(NameScope::Directory(partner.parse().unwrap()), organization, &name).len();
    assert_eq!(parts.count(), if is_listed { all } else { 0 });
    is_listed
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_organization_is_no_longer_in_the_directory() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/organizations/{yamada}";
    let call = |query: &str| world.delete(&format!("{path}{query}")).by("contactManager");
    let contents = world.contents().await;
    let preview = call("?validateOnly=true").send().await.ok();
    world.assert_unchanged(&contents).await;
    call("").header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    let removed = call("").header("if-match", "\"1\"").send().await;
    assert_eq!((removed.status, removed.version()), (200, Some(2)));
    assert_eq!(removed.body, preview);
    let shown = ["name", "removedAt", "activeGrants", "managedSubscriptions"].map(|name| &removed.body[name]);
    assert_eq!(shown, [&json!("株式会社ヤマダ電機"), &json!(world.now()), &json!(2), &json!(4)]);

    let yamada = world.id("yamada");
    assert!(!is_listed(&world, yamada).await);
    for typed in ["%E3%82%84%E3%81%BE%E3%81%A0", "yamada"] {
        assert_eq!(found(&world, typed).await, Vec::<String>::new());
    }
    let all = world.get("/v1/partners/{partner}/organizations").by("partnerMember").send().await.ok();
    let listed = all["items"].as_array().unwrap().iter().map(|one| &one["inDirectory"]);
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [false, true, true],
        "a grant still gives access to the removed one"
    );
    assign(&world, "{yamada}", "k").assert_rejected(404, "not-found").await;
    for log in ["/v1/partners/{partner}/history", "/v1/organizations/{yamada}/history"] {
        let history = world.get(&format!("{log}?pageSize=1")).by("operator").send().await.ok();
        let event = &history["items"][0];
        let told = (&event["type"], &event["data"], &event["partner"]["id"], &event["organization"]["id"]);
        let data = json!({"name": "株式会社ヤマダ電機"});
        let (partner, yamada) = (json!(world.id("partner")), json!(yamada));
        assert_eq!(told, (&json!("partner.organization-removed"), &data, &partner, &yamada));
    }

    let contents = world.contents().await;
    assert_eq!(call("").send().await.ok(), removed.body);
    assert_eq!(remove(&world, "{yamada}").send().await.ok(), removed.body);
    call("").header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_subscriptions_assignments_and_history_stay() {
    let world = World::demo().await;
    remove(&world, "{yamada}").send().await.ok();
    let see = async |what: &str| {
        let path = format!("/v1/organizations/{{yamada}}{what}");
        world.get(&path).by("partnerMember").send().await.ok()
    };
    for round in 0..2 {
        assert_eq!(see("").await["name"], "株式会社ヤマダ電機", "{round}");
        assert_eq!(ids(&see("/subscriptions").await["items"]).len(), 4);
        assert_eq!(ids(&see("/sites").await["items"]), [world.id("site")]);
        get_as(&world, "partnerMember", "{yamada}", world.id("subscription")).await;
        assert_eq!(see("/licenses").await["items"][0]["assignmentId"], world.id("assignment"));
        let path = "/v1/partners/{partner}/license-assignments/{assignment}";
        world.get(path).by("partnerMember").send().await.ok();
        let history = world.get("/v1/partners/{partner}/history?type=license.assigned");
        let history = history.by("partnerMember").send().await.ok();
        assert_eq!(history["items"][0]["organization"]["name"], "株式会社ヤマダ電機");
        // In the second round, only the subscriptions are left.
        for grant in ["{grantOfAll}", "{grantOfRen}"] {
            let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{grant}");
            world.delete(&path).by("operator").send().await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_without_grants_and_subscriptions_sees_nothing_but_its_assignments() {
    let world = World::demo().await;
    let assigned = assign(&world, "{harbour}", "k").send().await.ok();
    for organization in ["{sol}", "{harbour}"] {
        let gone = remove(&world, organization).send().await.ok();
        assert_eq!((&gone["activeGrants"], &gone["managedSubscriptions"]), (&json!(0), &json!(0)));
        for what in ["", "/subscriptions", "/sites"] {
            let path = format!("/v1/organizations/{organization}{what}");
            world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
        }
    }
    let licenses = |organization: &str| {
        world.get(&format!("/v1/organizations/{organization}/licenses")).by("partnerMember")
    };
    licenses("{sol}").assert_rejected(404, "not-found").await;
    assert_eq!(licenses("{harbour}").send().await.ok()["items"][0]["assignmentId"], assigned["id"]);
    // The answer to the assignment is not replayed either.
    assign(&world, "{harbour}", "k").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_is_found_again_after_it_was_added_again() {
    let world = World::demo().await;
    let harbour = world.id("harbour");
    let name = vec!["Harbour Hotels Ltd".to_owned()];
    for round in 1..3_u64 {
        let removed = remove(&world, "{harbour}").send().await.ok();
        assert_eq!(removed["version"], json!(2 * round));
        for typed in ["harbour", "habrour+hotels", "hotles"] {
            assert_eq!(found(&world, typed).await, Vec::<String>::new(), "{typed}");
        }
        let before = world.contents().await;
        let tried =
            world.put("/v1/partners/{partner}/organizations/{harbour}?validateOnly=true").by("operator");
        tried.send().await.ok();
        world.assert_unchanged(&before).await;
        add(&world, "{harbour}").header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
        let added = add(&world, "{harbour}").send().await;
        assert_eq!((added.status, added.version()), (201, Some(2 * round + 1)));
        assert_eq!(added.body.get("removedAt"), None);
        for typed in ["harbour", "habrour+hotels"] {
            assert_eq!(found(&world, typed).await, name, "{typed}");
        }
        assert!(is_listed(&world, harbour).await);
        assert_eq!(add(&world, "{harbour}").send().await.status, 200);
    }
    let added = |origin: &str| {
        ("partner.organization-added".to_owned(), json!({"name": "Harbour Hotels Ltd", "origin": origin}))
    };
    let removed = || ("partner.organization-removed".to_owned(), json!({"name": "Harbour Hotels Ltd"}));
    let expected = [added("creation"), removed(), added("operator"), removed(), added("operator")].to_vec();
    assert_eq!(events(&world, harbour).await, expected);
    assign(&world, "{harbour}", "k").send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_callers_and_absent_entries_are_refused() {
    let world = World::demo().await;
    let call = |path: &str| world.delete(&format!("/v1/partners/{path}"));
    let own = "{partner}/organizations/{yamada}";
    for who in ["agent", "customer", "partnerAdmin", "partnerMember", "otherPartnerAdmin"] {
        call(own).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    call(own).by("otherContactManager").assert_rejected(404, "not-found").await;
    let org = world.id("yamada");
    let sora = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "org": org, "manager": true});
    call(own).token(&world.token_of(sora)).assert_rejected(404, "not-found").await;
    for path in [own, &format!("{own}?validateOnly=true")] {
        world.delete("/v1/customers/{haruto}").by("operator").send().await.ok();
        let haruto = json!({"sub": "haruto", "email": "haruto@yamada.example", "role": "customer", "org": org, "manager": true});
        call(path).token(&world.token_of(haruto)).assert_rejected(404, "not-found").await;
    }
    let absent = |id: &str| format!("{}ff", &id[..id.len() - 2]);
    for path in [
        "{otherPartner}/organizations/{yamada}".to_owned(),
        format!("{}/organizations/{{yamada}}", absent(world.id("partner"))),
    ] {
        call(&path).by("contactManager").assert_rejected(404, "not-found").await;
        call(&path).by("operator").assert_rejected(404, "not-found").await;
    }
    for organization in ["{nakano}", &absent(world.id("yamada"))] {
        call(&format!("{{partner}}/organizations/{organization}"))
            .by("operator")
            .assert_rejected(404, "not-found")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_spelling_leads_only_to_the_organization_that_stays() {
    let world = World::demo().await;
    let mut made = Vec::new();
    for name in ["Hollenbury Foundry", "Hollenbury Works"] {
        let body = json!({"name": name, "partnerId": "{partner}"});
        made.push(world.post("/v1/organizations").by("partnerAdmin").json(body).send().await.ok());
    }
    assert_eq!(found(&world, "hollenbery").await.len(), 2);
    remove(&world, made[0]["id"].as_str().unwrap()).send().await.ok();
    assert_eq!(found(&world, "hollenbery").await, ["Hollenbury Works"]);
    assert_eq!(found(&world, "hollenbury").await, ["Hollenbury Works"]);
    assert_eq!(found(&world, "fuondry").await, Vec::<String>::new());
    // The organization itself stays.
    let path = "/v1/organizations?name=hollenbery+fuondry";
    assert_eq!(ids(&world.get(path).by("operator").send().await.ok()["items"]).len(), 1);
}

/// The removal comes before the scheduled job has written the spellings, or at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn pending_spellings_do_not_restore_a_removed_name() {
    for concurrent in [false, true] {
        let world = World::demo().await;
        world.fault_proxy().kill("create-organization", 1, Kill::Before);
        let body = json!({"name": "Hollenbury Foundry", "partnerId": "{partner}"});
        world.post("/v1/organizations").by("partnerAdmin").json(body).send().await;
        let path = "/v1/partners/{partner}/organizations?name=hollenbury";
        let page = world.get(path).by("partnerMember").send().await.ok();
        let id = page["items"][0]["organizationId"].as_str().unwrap();
        match concurrent {
            true => {
                let removed = remove(&world, id).decided();
                let (removed, ()) = tokio::join!(removed, run_job_after_a_minute(&world));
                removed.ok();
            }
            false => {
                remove(&world, id).send().await.ok();
                run_job_after_a_minute(&world).await;
            }
        }
        run_job_after_a_minute(&world).await;
        assert!(!is_listed(&world, id).await);
        for typed in ["hollenbury", "hollenbery"] {
            assert_eq!(found(&world, typed).await, Vec::<String>::new());
        }
        let unspelled = (format!("UNSPELLED#{}", world.id("partner")), id.to_owned());
        assert!(!world.contents().await.contains_key(&unspelled));
        let failed = world.get("/v1/history?type=due-work.failed").by("operator").send().await.ok();
        assert_eq!(failed["items"], json!([]));
        add(&world, id).send().await.ok();
        for typed in ["hollenbury", "hollenbery"] {
            assert_eq!(found(&world, typed).await, ["Hollenbury Foundry"]);
        }
    }
}

/// 64 calls add and remove the organization and assign licenses to it, while one in three writes meets an injected failure.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_additions_removals_and_assignments_agree() {
    for seed in strength::seeds(2, 50) {
        let world = World::demo().await;
        let harbour = world.id("harbour");
        world.chaos(3, seed);
        let calls = (0..64).map(|number: u64| {
            let world = &world;
            async move {
                let reply = match number % 3 {
                    0 => remove(world, "{harbour}").decided().await,
                    1 => add(world, "{harbour}").decided().await,
                    _ => assign(world, "{harbour}", &format!("k-{number}")).decided().await,
                };
                match (number % 3, reply.status) {
                    (2, 404) => false,
                    (2, 201) => true,
                    (_, 200 | 201) => false,
                    (_, status) => panic!("{status} {}", reply.body),
                }
            }
        });
        let assigned = join_all(calls).await.into_iter().filter(|assigned| *assigned).count();
        world.chaos(0, 0);
        let listed = is_listed(&world, harbour).await;
        let events = events(&world, harbour).await;
        let kinds: Vec<_> = events.iter().map(|(kind, _)| kind.as_str()).collect();
        let count = |kind: &str| kinds.iter().filter(|other| **other == kind).count();
        let (added, removed) = (count("partner.organization-added"), count("partner.organization-removed"));
        assert_eq!(added - removed, usize::from(listed), "seed {seed}: {kinds:?}");
        let pool = world.pool("partnerMember", "partner", "edge-storage-1y").await;
        assert_eq!(pool.2, 5 + u64::try_from(assigned).unwrap());
        let tried = assign(&world, "{harbour}", "last").send().await;
        assert_eq!(tried.status, if listed { 201 } else { 404 }, "seed {seed}");
    }
}
