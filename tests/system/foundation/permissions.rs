//! Permission matrix: every route, called by every caller.

use system::{World, canonical, golden};

#[tokio::test(flavor = "multi_thread")]
async fn statuses_of_every_caller_match_the_permission_matrix() {
    let world = World::demo().await;
    let calls = canonical::all();
    let before = world.contents().await;
    let callers = canonical::callers(&world);
    let mut rows = Vec::new();
    for call in &calls {
        let mut row = vec![format!("`{}`", call.id)];
        for (_, token) in &callers {
            row.push(call.tried_by(&world, token.as_deref()).send().await.status.to_string());
        }
        rows.push(row);
    }
    assert_eq!(world.contents().await, before, "what is only validated changes nothing");
    let mut head = vec!["route"];
    head.extend(callers.iter().map(|(name, _)| name.as_str()));
    golden::check("tests/system/golden/permissions.md", &golden::table(&head, &rows));
}
