//! `list-service-requests`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{PATH, add_ren, grant_ren, listed_ids, open, open_for_id};
use crate::access::set_time;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-service-requests", "/v1/service-requests?organizationId={yamada}")
        .by("partnerAdmin")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_sees_its_accessible_requests_newest_first() {
    let world = World::demo().await;
    let first = world.id("serviceRequest").to_owned();
    let second = open_for_id(&world, "customer").await;
    grant_ren(&world, "create").await;
    let third = open_for_id(&world, "partnerMember").await;
    let all = [third.clone(), second.clone(), first.clone()];
    for who in ["customer", "contactManager", "agent", "operator", "partnerMember", "partnerAdmin"] {
        assert_eq!(listed_ids(&world, who, "organizationId={yamada}&pageSize=2").await, all, "{who}");
    }
    assert_eq!(listed_ids(&world, "customer", "").await, all);
    for who in ["partnerMember", "partnerAdmin"] {
        assert_eq!(listed_ids(&world, who, "").await, all[..1], "what the partner submitted");
    }
    let january = listed_ids(&world, "agent", "pageSize=1&month=2026-01").await;
    let other = world.id("otherServiceRequest").to_owned();
    let everywhere = [third.clone(), second.clone(), other, first.clone()];
    assert_eq!(listed_ids(&world, "operator", "month=2026-02").await, [""; 0]);
    assert_eq!(
        (&january[..], &*listed_ids(&world, "agent", "").await),
        (&everywhere[..], &everywhere[..]),
        "the present month"
    );

    grant_ren(&world, "cc").await;
    add_ren(&world, &first).await;
    for query in ["organizationId={yamada}&pageSize=1", "pageSize=1", ""] {
        assert_eq!(
            listed_ids(&world, "partnerMember", query).await,
            [third.clone(), first.clone()],
            "{query}"
        );
    }
    for (who, own) in [("otherCustomer", &everywhere[2..3]), ("otherPartnerMember", &[])] {
        world
            .get("/v1/service-requests?organizationId={yamada}")
            .by(who)
            .assert_rejected(404, "not-found")
            .await;
        assert_eq!(listed_ids(&world, who, "").await, own);
    }
    for (who, query) in [("customer", "month=2026-01"), ("agent", "month=2026-01&organizationId={yamada}")] {
        let refused = world.get(&format!("/v1/service-requests?{query}")).by(who);
        let refused = refused.assert_rejected(400, "invalid-request").await;
        let code = if who == "agent" { "not-of-organization" } else { "unknown-field" };
        assert_eq!(refused.faults(), [("month".to_owned(), code.to_owned())]);
    }
}

/// The filter by submitter must not reveal whether an e-mail belongs to another partner's member.
#[tokio::test(flavor = "multi_thread")]
async fn submitter_filter_does_not_reveal_another_partners_member() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "create"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    let body = json!({"subject": "Walls", "description": "Flicker.", "kind": "question", "primaryContact": "haruto@yamada.example"});
    let made = world.post(PATH).by("otherPartnerAdmin").json(body).send().await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let query = "organizationId={yamada}&submittedBy=deniz%40anadolu.example";
    for (who, expected) in
        [("customer", vec![&id]), ("otherPartnerMember", vec![&id]), ("partnerAdmin", vec![])]
    {
        assert_eq!(
            listed_ids(&world, who, query).await,
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{who}"
        );
    }
    assert!(
        listed_ids(&world, "partnerAdmin", "organizationId={yamada}").await.contains(&id),
        "but it sees it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_member_sees_nothing_from_the_next_page_on() {
    let world = World::demo().await;
    grant_ren(&world, "create").await;
    for _ in 0..3 {
        open_for_id(&world, "partnerMember").await;
    }
    let page = async |query: &str| {
        let page = world
            .get(&format!("/v1/service-requests?pageSize=1{query}"))
            .by("partnerMember")
            .send()
            .await
            .ok();
        format!("{query}&pageToken={}", page["nextPageToken"].as_str().unwrap())
    };
    let (of_organization, own) = (page("&organizationId={yamada}").await, page("").await);
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    let next = format!("/v1/service-requests?pageSize=1{of_organization}");
    world.get(&next).by("partnerMember").assert_rejected(404, "not-found").await;
    let next = format!("/v1/service-requests?pageSize=1{own}");
    world.get(&next).by("partnerMember").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lowered_level_limits_the_next_page() {
    let world = World::demo().await;
    grant_ren(&world, "create").await;
    let mut own = Vec::new();
    for _ in 0..2 {
        own.insert(0, open_for_id(&world, "partnerMember").await);
    }
    let path = "/v1/service-requests?organizationId={yamada}&pageSize=1";
    let first = world.get(path).by("partnerMember").send().await.ok();
    let next = format!("{path}&pageToken={}", first["nextPageToken"].as_str().unwrap());
    grant_ren(&world, "cc").await;
    let page = world.get(&next).by("partnerMember").send().await.ok();
    assert_eq!(page["items"][0]["id"], own[1]);
    let path = "/v1/organizations/{yamada}/access/{partner}/";
    let grants = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    for grant in grants["items"][0]["grants"].as_array().unwrap() {
        if grant["state"] == "active" {
            let path = format!("{path}{}", grant["id"].as_str().unwrap());
            world.delete(&path).by("contactManager").send().await.ok();
        }
    }
    world.get(&next).by("partnerMember").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_access_hides_the_requests() {
    let world = World::demo().await;
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-01-10T09:00:00Z", "organizationLevel": "create"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    let made = open(&world, "otherPartnerAdmin", "question").send().await.ok();
    set_time(&world, "2026-01-10T08:59:59.999Z").await;
    assert_eq!(listed_ids(&world, "otherPartnerAdmin", "").await, [made["id"].as_str().unwrap()]);
    set_time(&world, "2026-01-10T09:00:00Z").await;
    assert_eq!(listed_ids(&world, "otherPartnerAdmin", "").await, [""; 0]);
    let path = "/v1/service-requests?organizationId={yamada}";
    world.get(path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_sees_its_submissions_across_customers() {
    let world = World::demo().await;
    let body =
        json!({"partnerId": "{partner}", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "create"});
    world.post("/v1/organizations/{bogazici}/access").by("otherContactManager").json(body).send().await.ok();
    grant_ren(&world, "create").await;
    let (mut all, first) = (Vec::new(), world.id("serviceRequest").to_owned());
    add_ren(&world, &first).await;
    for (who, of, kind) in [
        ("partnerMember", "{yamada}", "question"),
        ("partnerAdmin", "{bogazici}", "incident"),
        ("partnerMember", "{bogazici}", "question"),
        ("partnerAdmin", "{yamada}", "incident"),
    ] {
        let body = json!({"subject": "Cameras", "description": "One", "kind": kind});
        let path = format!("/v1/organizations/{of}/service-requests");
        let made = world.post(&path).by(who).json(body).send().await.ok();
        all.insert(0, made["id"].as_str().unwrap().to_owned());
    }
    let other = world.id("otherServiceRequest").to_owned();
    let pick = |places: &[usize]| places.iter().map(|place| all[*place].clone()).collect::<Vec<_>>();
    for size in [1, 2, 3, 100] {
        let query = format!("pageSize={size}");
        assert_eq!(listed_ids(&world, "partnerAdmin", &query).await, all, "{size}");
        // A member who was added to a service request also sees that one.
        let with_first = [&all[..], std::slice::from_ref(&first)].concat();
        assert_eq!(listed_ids(&world, "partnerMember", &query).await, with_first, "{size}");
        for (filter, expected) in [
            ("organizationId={bogazici}", [pick(&[1, 2]), vec![other.clone()]].concat()),
            ("kind=question", pick(&[1, 3])),
            ("submittedBy=Ren@miyako.example", pick(&[1, 3])),
            ("submittedBy=ren@miyako.example&kind=incident", pick(&[])),
            ("status=open", all.clone()),
            ("status=closed", pick(&[])),
        ] {
            let query = format!("{query}&{filter}");
            assert_eq!(listed_ids(&world, "partnerAdmin", &query).await, expected, "{query}");
        }
    }
    let page = world.get("/v1/service-requests?pageSize=1").by("partnerAdmin").send().await.ok();
    let one = &page["items"][0];
    assert_eq!(
        (&one["submittedBy"]["email"], &one["organizationId"]),
        (&json!("aiko@miyako.example"), &json!(world.id("yamada")))
    );
    // The current access level decides: with `cc` in Yamada, the member sees only those service requests there
    // that it submitted itself or was added to.
    grant_ren(&world, "cc").await;
    let mut open = pick(&[1, 2, 3]);
    open.push(first);
    assert_eq!(listed_ids(&world, "partnerMember", "").await, open);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_filtered_by_kind_status_submitter_and_time() {
    let world = World::demo().await;
    let first = world.id("serviceRequest").to_owned();
    let question = open_for_id(&world, "customer").await;
    set_time(&world, "2026-01-05T10:30:00Z").await;
    let incident = open(&world, "contactManager", "incident").send().await.ok();
    let incident = incident["id"].as_str().unwrap().to_owned();
    let solve = world.post(&format!("{PATH}/{question}/updates")).by("agent");
    solve.json(json!({"status": "solved"})).send().await.ok();
    let month = world.now().to_string()[..7].to_owned();
    let of_month = format!("month={month}");
    for (who, base) in [("agent", "organizationId={yamada}"), ("customer", ""), ("operator", &*of_month)] {
        let other = base.starts_with("month").then(|| world.id("otherServiceRequest").to_owned());
        for (filter, expected) in [
            ("kind=question", [Some(question.clone()), other].into_iter().flatten().collect()),
            ("status=solved", vec![question.clone()]),
            ("kind=incident&status=solved", vec![]),
            ("kind=incident", vec![incident.clone(), first.clone()]),
            ("submittedBy=yuki@yamada.example", vec![incident.clone()]),
        ] {
            let query = format!("{base}&{filter}");
            assert_eq!(
                listed_ids(&world, who, query.trim_start_matches('&')).await,
                expected,
                "{who} {query}"
            );
        }
    }
    let path = format!("{PATH}/{incident}");
    let at = world.get(&path).by("agent").send().await.ok()["createdAt"].as_str().unwrap().to_owned();
    for (who, base) in [("agent", "organizationId={yamada}&"), ("customer", ""), ("agent", "")] {
        let since = listed_ids(&world, who, &format!("{base}from={at}")).await;
        assert_eq!(since, std::slice::from_ref(&incident), "{who}");
        let before = listed_ids(&world, who, &format!("{base}to={at}")).await;
        assert!(before.contains(&question) && !before.contains(&incident), "{who}: {before:?}");
    }
    let refused =
        world.get("/v1/service-requests?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z&kind=wish");
    let mut faults = refused.by("agent").assert_rejected(400, "invalid-request").await.faults();
    faults.sort();
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(faults, [fault("kind", "unknown-value"), fault("to", "invalid-interval")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_range_outside_the_listed_month_is_refused() {
    let world = World::demo().await;
    let january = [world.id("otherServiceRequest").to_owned(), world.id("serviceRequest").to_owned()];
    for query in [
        "to=2026-02-01T00:00:00Z",
        "from=2026-01-05T00:00:00Z&to=2026-01-06T00:00:00Z",
        "month=2026-01&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
    ] {
        assert_eq!(listed_ids(&world, "agent", query).await, january, "{query}");
    }
    for (query, at) in [
        ("from=2026-01-05T00:00:00Z&to=2026-02-01T00:00:00.001Z", &["to"][..]),
        ("month=2026-01&from=2026-02-01T00:00:00Z", &["from"]),
        ("month=2026-01&from=2025-12-31T00:00:00Z&to=2026-03-01T00:00:00Z", &["from", "to"]),
    ] {
        let refused = world.get(&format!("/v1/service-requests?{query}")).by("agent");
        let faults = refused.assert_rejected(400, "invalid-request").await.faults();
        let expected: Vec<_> = at.iter().map(|at| ((*at).to_owned(), "outside-month".to_owned())).collect();
        assert_eq!(faults, expected, "{query}");
    }
    let absent = world.id("yamada").replace("000001", "000099");
    let path = format!("/v1/service-requests?organizationId={absent}");
    world.get(&path).by("agent").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_continues_in_its_month_after_the_month_ends() {
    let world = World::demo().await;
    set_time(&world, "2026-01-31T23:59:59Z").await;
    let page = world.get("/v1/service-requests?pageSize=1").by("agent").send().await.ok();
    set_time(&world, "2026-02-01T00:00:00Z").await;
    open_for_id(&world, "customer").await;
    let next =
        format!("/v1/service-requests?pageSize=1&pageToken={}", page["nextPageToken"].as_str().unwrap());
    let page = world.get(&next).by("agent").send().await.ok();
    assert_eq!(page["items"][0]["id"], world.id("serviceRequest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cc_level_finds_its_own_request_on_the_first_page() {
    let world = World::demo().await;
    grant_ren(&world, "create").await;
    let own = open_for_id(&world, "partnerMember").await;
    grant_ren(&world, "cc").await;
    for _ in 0..30 {
        open_for_id(&world, "partnerAdmin").await;
    }
    let path = "/v1/service-requests?organizationId={yamada}&pageSize=2";
    let page = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(page["items"][0]["id"], own.as_str(), "on the first page");
    assert_eq!(listed_ids(&world, "partnerMember", "organizationId={yamada}&pageSize=2").await, [own]);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_of_large_requests_is_cut_short_and_continues() {
    let world = World::demo().await;
    let mut made = Vec::new();
    for _ in 0..40 {
        let body = json!({"subject": "Cameras", "description": "\"".repeat(32 * 1024), "kind": "question"});
        let one = world.post(PATH).by("partnerAdmin").json(body).send().await.ok();
        made.insert(0, one["id"].as_str().unwrap().to_owned());
    }
    let page = world.get("/v1/service-requests?pageSize=100").by("partnerAdmin").send().await.ok();
    let shown = page["items"].as_array().unwrap().len();
    assert!((16..40).contains(&shown), "{shown}");
    assert_eq!(listed_ids(&world, "partnerAdmin", "pageSize=100").await, made);
    let all = listed_ids(&world, "agent", "organizationId={yamada}&pageSize=100").await;
    assert_eq!(all[..40], made);
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_index_reveals_no_request_of_a_removed_contact() {
    let world = World::demo().await;
    grant_ren(&world, "cc").await;
    let first = world.id("serviceRequest").to_owned();
    add_ren(&world, &first).await;
    assert_eq!(listed_ids(&world, "partnerMember", "").await, std::slice::from_ref(&first));
    world.fault_proxy().delay_indexes(true);
    let path = format!("{PATH}/{first}/contacts/ren@miyako.example");
    world.delete(&path).by("agent").send().await.ok();
    assert_eq!(listed_ids(&world, "partnerMember", "").await, [""; 0]);
    let solve = world.post(&format!("{PATH}/{first}/updates")).by("agent").json(json!({"status": "solved"}));
    solve.send().await.ok();
    let page = world.get("/v1/service-requests?month=2026-01").by("agent").send().await.ok();
    assert_eq!(page["items"][1]["status"], "open", "the vendor's list is as late as its index");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_lists_unsolved_requests_of_all_months_oldest_first() {
    let world = World::demo().await;
    let (first, second) = (world.id("serviceRequest").to_owned(), world.id("otherServiceRequest").to_owned());
    set_time(&world, "2026-02-10T09:00:00Z").await;
    let third = open_for_id(&world, "customer").await;
    let all = [first.clone(), second.clone(), third.clone()];
    for (who, size) in [("agent", 1), ("operator", 2), ("agent", 100)] {
        let query = format!("unsolved=true&pageSize={size}");
        assert_eq!(listed_ids(&world, who, &query).await, all, "{query}");
    }
    let update = async |status: &str| {
        let call = world.post(&format!("{PATH}/{first}/updates")).by("agent");
        call.json(json!({"status": status})).send().await.ok();
        listed_ids(&world, "agent", "unsolved=true").await
    };
    assert_eq!(update("waiting").await, all);
    for status in ["solved", "closed"] {
        assert_eq!(update(status).await, all[1..], "{status}");
    }
    assert_eq!(update("open").await, all);
    assert_eq!(listed_ids(&world, "agent", "unsolved=true&kind=incident").await, all[..1]);
    let since = "unsolved=true&from=2026-02-01T00:00:00Z";
    assert_eq!(listed_ids(&world, "agent", since).await, std::slice::from_ref(&third));
    for (who, query, code) in [
        ("customer", "unsolved=true", "unknown-field"),
        ("partnerAdmin", "unsolved=true", "unknown-field"),
        ("agent", "unsolved=true&organizationId={yamada}", "not-of-organization"),
    ] {
        let refused = world.get(&format!("/v1/service-requests?{query}")).by(who);
        let refused = refused.assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [("unsolved".to_owned(), code.to_owned())], "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_page_of_an_organization_counts_by_status() {
    let world = World::demo().await;
    let solved = open_for_id(&world, "customer").await;
    let solve = world.post(&format!("{PATH}/{solved}/updates")).by("agent");
    solve.json(json!({"status": "solved"})).send().await.ok();
    set_time(&world, "2026-02-10T09:00:00Z").await;
    open_for_id(&world, "customer").await;
    let counts = json!({"submitted": 3, "open": 2, "waiting": 0, "solved": 1, "closed": 0});
    let path = "/v1/service-requests?organizationId={yamada}&pageSize=1";
    for who in ["customer", "contactManager", "agent", "partnerAdmin"] {
        let page = world.get(path).by(who).send().await.ok();
        assert_eq!(page["counts"], counts, "{who}");
        assert_eq!(page["items"][0]["organizationName"], "株式会社ヤマダ電機");
        let next = format!("{path}&pageToken={}", page["nextPageToken"].as_str().unwrap());
        assert_eq!(world.get(&next).by(who).send().await.ok().get("counts"), None, "only on the first page");
    }
    // A member who does not see all service requests does not learn how many there are.
    grant_ren(&world, "cc").await;
    assert_eq!(world.get(path).by("partnerMember").send().await.ok().get("counts"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn service_requests_are_sorted_by_creation_or_last_change_in_both_directions() {
    let world = World::demo().await;
    let first = world.id("serviceRequest").to_owned();
    set_time(&world, "2026-01-10T09:00:00Z").await;
    let second = open_for_id(&world, "customer").await;
    set_time(&world, "2026-01-11T09:00:00Z").await;
    let update = world.post(&format!("{PATH}/{first}/updates")).by("agent");
    update.json(json!({"text": "We look at it."})).send().await.ok();
    let (oldest, newest) = ([first.clone(), second.clone()], [second, first]);
    for size in ["pageSize=1", "pageSize=100"] {
        for (query, expected) in [
            ("", &newest),
            ("&order=ascending", &oldest),
            ("&sort=updatedAt", &oldest),
            ("&sort=updatedAt&order=ascending", &newest),
        ] {
            let query = format!("organizationId={{yamada}}&{size}{query}");
            for who in ["agent", "customer", "partnerAdmin"] {
                assert_eq!(listed_ids(&world, who, &query).await, expected[..], "{who} {query}");
            }
        }
        let all = listed_ids(&world, "agent", &format!("unsolved=true&{size}")).await;
        for list in ["unsolved=true", "month=2026-01"] {
            let query = format!("{list}&order=descending&{size}");
            let reversed: Vec<_> = all.iter().rev().cloned().collect();
            assert_eq!(listed_ids(&world, "agent", &query).await, reversed, "{query}");
            let query = format!("{list}&sort=updatedAt&order=descending&{size}");
            assert_eq!(listed_ids(&world, "agent", &query).await[0], oldest[0], "{query}");
        }
    }
    let mine = listed_ids(&world, "partnerAdmin", "sort=updatedAt&pageSize=1").await;
    let by_creation = listed_ids(&world, "partnerAdmin", "pageSize=1").await;
    assert_eq!(mine.len(), by_creation.len());
    world.get("/v1/service-requests?sort=subject").by("agent").assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unsolved_requests_are_counted_by_their_present_status() {
    let world = World::demo().await;
    let first = world.id("serviceRequest");
    let counts = async || {
        let page = world.get("/v1/service-requests?unsolved=true&pageSize=1").by("agent").send().await.ok();
        let next =
            format!("unsolved=true&pageSize=1&pageToken={}", page["nextPageToken"].as_str().unwrap_or(""));
        if page["nextPageToken"].is_string() {
            let next = world.get(&format!("/v1/service-requests?{next}")).by("agent").send().await.ok();
            assert_eq!(next.get("unsolvedCounts"), None, "only on the first page");
        }
        let summary =
            world.get("/v1/me/summary").by("agent").send().await.ok()["openServiceRequests"].clone();
        let counts = page["unsolvedCounts"].clone();
        assert_eq!((&summary["open"], &summary["waiting"]), (&counts["open"], &counts["waiting"]));
        counts
    };
    assert_eq!(counts().await, json!({"open": 2, "waiting": 0, "more": false}));
    for (status, open, waiting) in
        [("waiting", 1, 1), ("open", 2, 0), ("solved", 1, 0), ("waiting", 1, 1), ("closed", 1, 0)]
    {
        let update = world.post(&format!("{PATH}/{first}/updates")).by("agent");
        update.json(json!({"status": status})).send().await.ok();
        assert_eq!(counts().await, json!({"open": open, "waiting": waiting, "more": false}), "{status}");
    }
}
