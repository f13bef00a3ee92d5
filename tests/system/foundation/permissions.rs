//! Every route, crossed with everybody.

use system::{World, canonical, golden};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_exactly_this() {
    let world = World::demo().await;
    let calls = canonical::all();
    let before = world.contents().await;
    let mut rows = Vec::new();
    for (name, token) in canonical::callers(&world) {
        let mut row = vec![name.clone()];
        for call in &calls {
            row.push(call.tried_by(&world, token.as_deref()).send().await.status.to_string());
        }
        rows.push(row);
    }
    assert_eq!(world.contents().await, before, "what is only tried changes nothing");
    let mut head = vec!["caller"];
    head.extend(calls.iter().map(|call| call.id.as_str()));
    golden::check("tests/system/golden/permissions.md", &golden::table(&head, &rows));
}
