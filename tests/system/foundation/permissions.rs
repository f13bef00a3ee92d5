//! Every route, crossed with everybody.

use local::demo;
use serde_json::json;
use system::{World, canonical, golden};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_exactly_this() {
    let world = World::demo().await;
    let people = demo::people(&demo::ids());
    let unverified = |role: &str, org: Option<&str>| {
        let mut person = json!({"sub": "u", "email": "u@x.example", "email_verified": false, "role": role});
        if let Some(org) = org {
            person["org"] = world.id(org).into();
            person["manager"] = true.into();
        }
        world.token_of(person)
    };
    let expired = {
        let earlier = "2026-01-04T00:00:00Z".parse().unwrap();
        world.token_at(people[0].1.clone(), earlier)
    };
    let mut callers: Vec<(String, Option<String>)> = vec![("nobody".to_owned(), None)];
    callers.extend(
        people.iter().map(|(name, person)| ((*name).to_owned(), Some(world.token_of(person.clone())))),
    );
    callers.push(("expired".to_owned(), Some(expired)));
    callers.push(("rubbish".to_owned(), Some("a.b.c".to_owned())));
    callers.push(("noRole".to_owned(), Some(world.token_of(json!({"sub": "n", "email": "n@x.example"})))));
    callers.push(("unverifiedOperator".to_owned(), Some(unverified("operator", None))));
    callers.push(("unverifiedPartnerAdmin".to_owned(), Some(unverified("partner", Some("partner")))));
    callers.push(("unverifiedContactManager".to_owned(), Some(unverified("customer", Some("yamada")))));

    let calls = canonical::all();
    let before = world.contents().await;
    let mut rows = Vec::new();
    for (name, token) in &callers {
        let mut row = vec![name.clone()];
        for call in &calls {
            // A write is only tried, so that who comes first takes nothing from who comes next.
            let query = if call.reads() || call.signed() { "" } else { "validateOnly=true" };
            // Where a signature is the authority, nobody's token takes its place.
            let request = call.anonymous(&world, query).without("webhook-signature");
            let request = match token {
                Some(token) => request.token(token),
                None => request,
            };
            row.push(request.send().await.status.to_string());
        }
        rows.push(row);
    }
    assert_eq!(world.contents().await, before, "what is only tried changes nothing");
    let mut head = vec!["caller"];
    head.extend(calls.iter().map(|call| call.id.as_str()));
    golden::check("tests/system/golden/permissions.md", &golden::table(&head, &rows));
}
