//! `set-up-subscription`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use super::{OF_YAMADA, all, events, get_as};

#[test]
fn canonical_call_is_published() {
    let body = json!({"site": {"new": {"name": "Head office", "url": "https://yamada.example/recorder"}}});
    Payload::of("set-up-subscription", "/v1/organizations/{yamada}/subscriptions/{subscription}/set-up")
        .by("customer")
        .json(&body)
        .publish();
}

fn set_up<'a>(world: &'a World, who: &str, id: &str, site: Value) -> Call<'a> {
    world.post(&format!("{OF_YAMADA}/{{{id}}}/set-up")).by(who).json(json!({"site": site}))
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_sets_the_site_once() {
    for (site, shown_as) in [
        (json!({"existing": "https://Yamada.example/wall"}), None),
        (
            json!({"new": {"url": "https://yamada.example/rec", "name": "Rec"}}),
            Some("https://yamada.example/rec"),
        ),
        (json!({"organization": true}), Some("")),
    ] {
        let world = World::demo().await;
        let before = get_as(&world, "customer", "{yamada}", world.id("subscription")).await;
        assert_eq!(before["setUpDue"], true);
        let one = set_up(&world, "customer", "subscription", site.clone()).send().await.ok();
        assert_eq!(one["setUpDue"], false);
        match shown_as {
            None => assert_eq!(one["site"]["siteId"], world.id("site")),
            Some("") => assert_eq!(one["site"], json!({"organization": true})),
            Some(url) => assert_eq!(one["site"]["url"], url),
        }
        let contents = world.contents().await;
        assert_eq!(set_up(&world, "customer", "subscription", site).send().await.ok()["version"], 2);
        world.assert_unchanged(&contents).await;
        let elsewhere = json!({"new": {"url": "https://elsewhere.example"}});
        set_up(&world, "customer", "subscription", elsewhere).assert_rejected(409, "already-set-up").await;
        assert_eq!(
            events(&world, "{yamada}", "subscription.set-up").await.len(),
            2,
            "with that of the demo world"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_and_invalid_site_are_refused() {
    let world = World::demo().await;
    let here = || json!({"organization": true});
    set_up(&world, "contactManager", "collection", here()).assert_rejected(403, "not-a-contact").await;
    set_up(&world, "customer", "collection", here()).assert_rejected(404, "not-found").await;
    set_up(&world, "partnerAdmin", "subscription", here()).assert_rejected(403, "role-not-allowed").await;
    set_up(&world, "operator", "subscription", here()).assert_rejected(403, "role-not-allowed").await;
    let unknown = json!({"existing": "https://nowhere.example"});
    set_up(&world, "customer", "subscription", unknown).assert_rejected(422, "unknown-site").await;
    let taken = json!({"new": {"url": "https://yamada.example/wall/"}});
    set_up(&world, "customer", "subscription", taken).assert_rejected(409, "site-exists").await;
    for (site, place, code) in [
        (json!({}), "/site", "ambiguous"),
        (json!({"organization": false}), "/site/organization", "invalid"),
        (json!({"organization": true, "existing": "https://x.example"}), "/site", "ambiguous"),
        (json!({"new": {"url": "x", "colour": 1}}), "/site/new/url", "invalid-site-url"),
        (json!({"old": "https://x.example"}), "/site/old", "unknown-field"),
        (json!("https://x.example"), "/site", "wrong-type"),
    ] {
        let refused =
            set_up(&world, "customer", "subscription", site).assert_rejected(400, "invalid-request").await;
        assert!(refused.faults().contains(&(place.to_owned(), code.to_owned())), "{}", refused.body);
    }
    let spaced = json!({"new": {"url": "https://yamada.example/ wall\t"}});
    let refused =
        set_up(&world, "customer", "subscription", spaced).assert_rejected(400, "invalid-request").await;
    let cause =
        r"`/site/new/url`: `https://yamada.example/ wall\t` contains a space, so it is not an address";
    assert!(refused.body["detail"].as_str().unwrap().starts_with(cause), "{}", refused.body);
    let stale = set_up(&world, "customer", "subscription", here()).header("if-match", "\"7\"");
    stale.assert_rejected(412, "version-mismatch").await;
    let trial = world.contents().await;
    let path = format!("{OF_YAMADA}/{{subscription}}/set-up?validateOnly=true");
    let tried = world.post(&path).by("customer").json(json!({"site": here()})).send().await.ok();
    assert_eq!(tried["setUpDue"], false);
    world.assert_unchanged(&trial).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_set_one_site_and_create_it_once() {
    let world = World::demo().await;
    world.chaos(8, 3);
    let site = |number: usize| json!({"new": {"url": format!("https://yamada.example/{}", number % 4)}});
    let calls = (0..32).map(|number| set_up(&world, "customer", "subscription", site(number)).decided());
    let replies = join_all(calls).await;
    world.chaos(0, 0);
    let chosen =
        get_as(&world, "customer", "{yamada}", world.id("subscription")).await["site"]["url"].clone();
    for reply in &replies {
        match reply.status {
            200 => assert_eq!(reply.body["site"]["url"], chosen),
            409 => assert!(["already-set-up", "site-exists"].contains(&reply.code())),
            other => panic!("{other} {}", reply.body),
        }
    }
    let sites = world.get("/v1/organizations/{yamada}/sites").by("customer").send().await.ok();
    assert_eq!(sites["items"].as_array().unwrap().len(), 2, "nobody else's is left behind");
    assert_eq!(all(&world, "{yamada}").await[0]["version"], 2);
}
