//! Calls that the deployed gateway and functions refuse.

use std::collections::{BTreeMap, BTreeSet};

use system::{World, canonical, golden};

/// Returns the status of each caller and route in the permission matrix.
fn matrix() -> BTreeMap<(String, String), u16> {
    let text = std::fs::read_to_string(golden::file("tests/system/golden/permissions.md")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = text.lines();
    let head = cells(lines.next().unwrap());
    let row = |line: &str| {
        let cells = cells(line);
        let route = cells[0].trim_matches('`').to_owned();
        let statuses = head.iter().zip(cells).skip(1);
        statuses
            .map(|(caller, status)| ((caller.clone(), route.clone()), status.parse().unwrap()))
            .collect::<Vec<_>>()
    };
    lines.skip(1).flat_map(row).collect()
}

/// For each caller and area, one call that the matrix refuses must have the same status here and change
/// nothing.
#[tokio::test(flavor = "multi_thread")]
async fn refused_calls_match_the_permission_matrix() {
    let world = World::deployed().await;
    let (matrix, before) = (matrix(), world.contents().await);
    let mut statuses = BTreeSet::new();
    for (name, token) in canonical::callers(&world) {
        let mut refused = BTreeSet::new();
        for call in canonical::all() {
            let expected = matrix[&(name.clone(), call.id.clone())];
            if expected < 400 || !refused.insert(call.area) {
                continue;
            }
            let status = call.tried_by(&world, token.as_deref()).send().await.status;
            assert_eq!(status, expected, "{name} calls {}", call.id);
            statuses.insert(status);
        }
    }
    world.assert_unchanged(&before).await;
    assert!(statuses.is_superset(&BTreeSet::from([401, 403, 404])), "{statuses:?}");
}
