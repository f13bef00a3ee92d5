//! `get-support-dashboard`

use std::collections::BTreeMap;

use domain::{Period, Timestamp};
use serde_json::{Value, json};
use system::payload::Payload;
use system::{World, strength};

use super::update_service_request::update;
use super::{PATH, grant_ren, listed_ids, open};
use crate::access::set_time;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-support-dashboard", "/v1/organizations/{yamada}/dashboard")
        .by("contactManager")
        .publish();
}

const DASHBOARD: &str = "/v1/organizations/{yamada}/dashboard";

async fn dashboard(world: &World, who: &str) -> Value {
    world.get(DASHBOARD).by(who).send().await.ok()
}

/// Opens a service request at a time of the local stack's clock, and returns its id.
async fn opened_at(world: &World, time: &str, who: &str, kind: &str) -> String {
    set_time(world, time).await;
    open(world, who, kind).send().await.ok()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_and_medians_are_shown_in_total_by_kind_and_by_month() {
    let world = World::demo().await;
    let one = opened_at(&world, "2026-02-27T10:00:00Z", "customer", "incident").await;
    let other = opened_at(&world, "2026-03-01T10:00:00Z", "partnerAdmin", "question").await;
    let third = opened_at(&world, "2026-03-01T10:00:00Z", "customer", "question").await;
    for (time, who, id, body) in [
        ("2026-03-01T10:07:30Z", "customer", &one, json!({"text": "Nothing yet?"})),
        ("2026-03-01T10:10:59Z", "agent", &other, json!({"status": "waiting"})),
        ("2026-03-01T10:11:00Z", "agent", &other, json!({"text": "Which firmware?"})),
        ("2026-03-01T11:00:00Z", "agent", &other, json!({"text": "Done.", "status": "solved"})),
        ("2026-03-01T11:40:00Z", "agent", &one, json!({"text": "Done.", "status": "solved"})),
        ("2026-03-01T12:00:00Z", "customer", &one, json!({"text": "No.", "status": "open"})),
        ("2026-03-01T13:00:00Z", "customer", &third, json!({"status": "closed"})),
    ] {
        set_time(&world, time).await;
        update(&world, who, id, body).send().await.ok();
    }
    let shown = dashboard(&world, "contactManager").await;
    // The demo world has one more service request, of January.
    let of = |submitted: u64, open: u64, waiting: u64, solved: u64, closed: u64| json!({"submitted": submitted, "open": open, "waiting": waiting, "solved": solved, "closed": closed});
    let standing = |of: &Value| {
        let names = ["submitted", "open", "waiting", "solved", "closed"];
        Value::Object(names.iter().map(|name| ((*name).to_owned(), of[*name].clone())).collect())
    };
    assert_eq!(standing(&shown), of(4, 2, 0, 1, 1));
    // First answers took 11 minutes, and 2 days, 1 hour and 40 minutes; solutions took one hour, and three. The
    // median of two values is the lower one.
    assert_eq!(
        (&shown["medianToFirstAnswer"], &shown["medianToSolution"]),
        (&json!("PT11M"), &json!("PT1H"))
    );
    let kinds = shown["byKind"].as_array().unwrap();
    let kind = |name: &str| kinds.iter().find(|one| one["kind"] == name).unwrap();
    assert_eq!((kinds.len(), standing(kind("question"))), (6, of(2, 0, 0, 1, 1)));
    assert_eq!(standing(kind("incident")), of(2, 2, 0, 0, 0));
    let months = shown["byMonth"].as_array().unwrap();
    let names: Vec<_> = months.iter().map(|month| month["month"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names[0], names[11]), (12, "2025-04", "2026-03"));
    assert_eq!(standing(&months[10]), of(1, 1, 0, 0, 0));
    // 2,980 minutes are in the bucket that begins at 2,816 minutes.
    assert_eq!(months[10]["medianToFirstAnswer"], "P1DT22H56M");
    assert_eq!(months[10].get("medianToSolution"), None, "what is open again is not solved");
    assert_eq!(standing(&months[11]), of(2, 0, 0, 1, 1));
    for who in ["agent", "operator", "partnerMember"] {
        assert_eq!(dashboard(&world, who).await, shown, "{who}");
    }
    // A year later, none of these service requests is shown any more.
    set_time(&world, "2027-03-01T00:00:00Z").await;
    let later = world.get(DASHBOARD).token(&world.token("agent")).send().await.ok();
    assert_eq!(standing(&later), of(0, 0, 0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn visible_only_to_vendor_contact_managers_and_partners_with_look() {
    let world = World::demo().await;
    for level in ["look", "full-admin"] {
        grant_ren(&world, level).await;
        dashboard(&world, "partnerMember").await;
    }
    grant_ren(&world, "cc").await;
    let refused = world.get(DASHBOARD).by("partnerMember").assert_rejected(403, "access-level-too-low").await;
    assert!(refused.body["detail"].as_str().unwrap().ends_with("`look`"), "{}", refused.body);
    world.get(DASHBOARD).by("customer").assert_rejected(403, "role-not-allowed").await;
    for who in ["otherContactManager", "otherPartnerMember"] {
        world.get(DASHBOARD).by(who).assert_rejected(404, "not-found").await;
    }
    let absent = DASHBOARD.replace("{yamada}", &world.id("yamada").replace("000001", "000099"));
    world.get(&absent).by("agent").assert_rejected(404, "not-found").await;
}

/// Random step in the life of an organization's service requests.
#[derive(Debug, Clone)]
enum Step {
    /// A caller opens a service request of a kind.
    Open(&'static str, &'static str),
    /// A caller updates the service request of this number, with a status, a text (if `true`) or both.
    Update(&'static str, usize, Option<&'static str>, bool),
    /// This number of minutes passes.
    Wait(u64),
}

fn steps(random: &mut fastrand::Rng) -> Vec<Step> {
    let step = |random: &mut fastrand::Rng| {
        let mut one_of = |all: &[&'static str]| all[random.usize(..all.len())];
        match one_of(&["open", "open", "update", "update", "update", "update", "wait", "wait"]) {
            "open" => Step::Open(
                one_of(&["customer", "contactManager", "partnerAdmin"]),
                one_of(&["incident", "question", "change"]),
            ),
            "update" => {
                let who = one_of(&["agent", "agent", "operator", "customer", "partnerAdmin"]);
                let status = one_of(&["", "open", "waiting", "solved", "closed"]);
                let status = Some(status).filter(|status| !status.is_empty());
                Step::Update(who, random.usize(..100), status, random.bool())
            }
            _ => Step::Wait(random.u64(1..30_000)),
        }
    };
    (0..random.usize(1..24)).map(|_| step(random)).collect()
}

/// Expected counts and durations of a month, recounted from the updates of its service requests.
#[derive(Debug, Default)]
struct Recount {
    so: BTreeMap<(String, String), i64>,
    answered: Vec<u64>,
    solved: Vec<u64>,
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn minutes(from: Timestamp, to: Timestamp) -> u64 {
    (to.unix_millis() - from.unix_millis()) / 60_000
}

async fn recount(world: &World) -> BTreeMap<String, Recount> {
    let mut months: BTreeMap<String, Recount> = BTreeMap::new();
    for id in listed_ids(world, "agent", "organizationId={yamada}&pageSize=100").await {
        let path = format!("{PATH}/{id}");
        let request = world.get(&path).by("agent").send().await.ok();
        let said = world.get(&format!("{path}/updates?pageSize=100")).by("agent").send().await.ok();
        let (submitted, mut status) = (time(&request["createdAt"]), "open".to_owned());
        let (mut answered, mut solved) = (None, None);
        for update in said["items"].as_array().unwrap() {
            let at = minutes(submitted, time(&update["createdAt"]));
            if ["agent", "operator"].contains(&update["by"]["type"].as_str().unwrap())
                && update["text"].is_string()
            {
                answered = answered.or(Some(at));
            }
            if let Some(new) = update["status"].as_str() {
                let done = |status: &str| ["solved", "closed"].contains(&status);
                solved = match (done(&status), done(new)) {
                    (_, false) => None,
                    (true, true) => solved,
                    (false, true) => Some(at),
                };
                status = new.to_owned();
            }
        }
        let month = months.entry(submitted.to_string()[..7].to_owned()).or_default();
        *month.so.entry((request["kind"].as_str().unwrap().to_owned(), status)).or_default() += 1;
        month.answered.extend(answered);
        month.solved.extend(solved);
    }
    months
}

/// Asserts that a median is the lower median of these durations, rounded down by less than an eighth.
fn assert_median(shown: &Value, mut of: Vec<u64>) {
    of.sort_unstable();
    let Some(middle) = of.get((of.len().max(1) - 1) / 2) else { return assert!(shown.is_null(), "{shown}") };
    let start = Timestamp::from_unix_millis(0);
    let text = shown.as_str().unwrap();
    let least = if text == "PT0S" { 0 } else { minutes(start, start.after(text.parse::<Period>().unwrap())) };
    assert!(least <= *middle && (least == *middle || (middle - least) * 8 < *middle), "{text} for {of:?}");
}

fn assert_counts(shown: &Value, of: &[&Recount], kind: Option<&str>) {
    for status in ["open", "waiting", "solved", "closed"] {
        let counts = of.iter().flat_map(|month| &month.so);
        let counts = counts.filter(|((of, so), _)| kind.is_none_or(|kind| of == kind) && so == status);
        assert_eq!(shown[status], counts.map(|(_, number)| number).sum::<i64>(), "{status} of {shown}");
    }
    if kind.is_none() {
        let all = |times: fn(&Recount) -> &Vec<u64>| of.iter().flat_map(|one| times(one)).copied().collect();
        assert_median(&shown["medianToFirstAnswer"], all(|one| &one.answered));
        assert_median(&shown["medianToSolution"], all(|one| &one.solved));
    }
}

async fn play(steps: &[Step], seed: u64) {
    let world = World::demo().await;
    let (mut ids, mut clock) =
        (vec![world.id("serviceRequest").to_owned()], time(&json!("2026-01-05T11:00:00Z")));
    world.chaos(6, seed);
    for (number, step) in steps.iter().enumerate() {
        let key = format!("step-{number}");
        match step {
            Step::Open(who, kind) => {
                let made = open(&world, who, kind).key(&key).decided().await.ok();
                ids.push(made["id"].as_str().unwrap().to_owned());
            }
            Step::Update(who, which, status, text) => {
                let mut body = json!({});
                if let Some(status) = status {
                    body["status"] = json!(status);
                }
                if *text || status.is_none() {
                    body["text"] = json!("x");
                }
                let call = || update(&world, who, &ids[which % ids.len()], body.clone()).key(&key);
                let first = call().decided().await;
                assert!([200, 201, 409].contains(&first.status), "{}", first.body);
                // A repeat replays the answer.
                if first.status == 201 {
                    assert_eq!(call().decided().await.body, first.body);
                }
            }
            Step::Wait(minutes) => {
                clock = clock.after(Period::minutes(u32::try_from(*minutes).unwrap()));
                set_time(&world, &clock.to_string()).await;
            }
        }
    }
    world.chaos(0, 0);
    let (counted, shown) = (recount(&world).await, dashboard(&world, "agent").await);
    let none = Recount::default();
    let mut all = Vec::new();
    for month in shown["byMonth"].as_array().unwrap() {
        let of = counted.get(month["month"].as_str().unwrap()).unwrap_or(&none);
        assert_counts(month, &[of], None);
        all.push(of);
    }
    assert_counts(&shown, &all, None);
    for kind in shown["byKind"].as_array().unwrap() {
        assert_counts(kind, &all, kind["kind"].as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_match_a_recount_after_updates_repeats_and_crashes() {
    for seed in strength::seeds(24, 400) {
        let steps = steps(&mut fastrand::Rng::with_seed(seed));
        play(&steps, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_are_each_counted_once() {
    let world = World::demo().await;
    let before = dashboard(&world, "agent").await["submitted"].as_i64().unwrap();
    world.chaos(8, 5);
    let calls = (0..32).map(|number| {
        let key = format!("k-{}", number % 16);
        open(&world, if number % 16 < 8 { "customer" } else { "partnerAdmin" }, "question")
            .key(&key)
            .decided()
    });
    for made in futures_util::future::join_all(calls).await {
        assert_eq!(made.status, 201, "{}", made.body);
    }
    world.chaos(0, 0);
    assert_eq!(dashboard(&world, "agent").await["submitted"], before + 16);
}
