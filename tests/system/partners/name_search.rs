//! Search by name in large directories.

use domain::Name;
use local_stack::fault_proxy::Kill;
use serde_json::json;
use system::World;
use system::stock::names;

/// Pairs of a search text and a name, each with `find` or `not`.
const NAMES: &str = include_str!("../../../shared/domain/src/search/names.tsv");

async fn found(world: &World, typed: &str, size: usize, token: &str) -> (Vec<String>, Option<String>) {
    let typed: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
    let path = format!("/v1/partners/{{partner}}/organizations?name={typed}&pageSize={size}{token}");
    let page = world.get(&path).by("partnerMember").send().await.ok();
    let names = page["items"].as_array().unwrap().iter();
    let names = names.map(|item| item["name"].as_str().unwrap().to_owned()).collect();
    (names, page["nextPageToken"].as_str().map(|token| format!("&pageToken={token}")))
}

/// Each search proves one spelling; the others prove that it is found among many, at a limited cost.
#[tokio::test(flavor = "multi_thread")]
async fn names_are_found_as_people_type_them_among_5000_others() {
    let world = World::demo().await;
    let pairs: Vec<Vec<&str>> = NAMES.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let named = pairs.iter().map(|pair| pair[1].to_owned());
    world.stock_directory("partner", named.chain(names(5_000))).await;
    let mut wrong = Vec::new();
    for pair in &pairs {
        let [typed, name, expected] = pair[..] else { panic!("{pair:?}") };
        let name = name.parse::<Name>().unwrap().to_string();
        let (first, mut next) = found(&world, typed, 3, "").await;
        let mut is_found = first.contains(&name);
        while let Some(token) = next.take().filter(|_| expected == "not") {
            let (more, after) = found(&world, typed, 100, &token).await;
            is_found |= more.contains(&name);
            next = after;
        }
        let cost = world.fault_proxy().take_costs()["list-partner-organizations"].clone();
        // Three steps find the names, and one reads what is shown of them.
        if is_found != (expected == "find") || cost.round_trips > 4 || cost.read_units > 40.0 {
            wrong.push(format!("{typed}: {name} {expected}, found {first:?} with {cost:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_match_is_on_one_page_whether_or_not_the_search_is_long() {
    let world = World::demo().await;
    let hotels = (0..700).map(|number| format!("Hotel {number:03} Grand Hotel"));
    let others = ["Grand Hotel AG", "Hotal Garni", "Hotelier Grant", "Hostel Grand", "Motel Grande"]
        .map(str::to_owned);
    world.stock_directory("partner", hotels.chain(others)).await;
    for (typed, expected) in [("hotel", 706), ("grand hotel", 704), ("hotel 04", 10), ("hotels", 703)] {
        for size in [100, 37] {
            let (mut names, mut next) = found(&world, typed, size, "").await;
            while let Some(token) = next {
                let (more, after) = found(&world, typed, size, &token).await;
                names.extend(more);
                next = after;
            }
            let count = names.len();
            names.sort();
            names.dedup();
            assert_eq!((names.len(), count), (expected, expected), "{typed} by {size}");
        }
        if typed == "grand hotel" {
            assert_eq!(found(&world, typed, 1, "").await.0, ["Grand Hotel AG"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_is_found_with_edits_even_if_its_creation_was_interrupted() {
    let world = World::demo().await;
    // The first write is the organization; the process is killed at the next one.
    world.fault_proxy().kill("create-organization", 1, Kill::Before);
    let body = json!({"name": "Hollenbury Foundry", "partnerId": "{partner}"});
    world.post("/v1/organizations").by("partnerAdmin").json(body).send().await;
    let name = vec!["Hollenbury Foundry".to_owned()];
    assert_eq!(found(&world, "hollenbury", 10, "").await.0, name);
    assert_eq!(found(&world, "hollenbery", 10, "").await.0, Vec::<String>::new());
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
    assert_eq!(found(&world, "hollenbery", 10, "").await.0, name);
    let before = world.contents().await;
    world.post("/_local/time").bytes(br#"{"advance":"PT2M"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
    world.assert_unchanged(&before).await;
}
