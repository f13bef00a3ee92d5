//! Every route under the policy of its own function.

use system::{World, canonical};

/// Each canonical call succeeds. Writes are first sent with `validateOnly`, which needs other
/// permissions and must change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn canonical_calls_succeed_under_the_policies_of_their_functions() {
    let world = World::deployed().await;
    let (reads, writes): (Vec<_>, Vec<_>) =
        canonical::all().into_iter().partition(canonical::Canonical::reads);
    for call in &reads {
        let reply = call.call(&world, "").send().await;
        assert_eq!(reply.status, 200, "{}: {}", call.id, reply.body);
    }
    let demo = world.contents().await;
    for call in writes.iter().filter(|call| !call.signed()) {
        let tried = call.call(&world, "validateOnly=true").send().await;
        assert!((200..300).contains(&tried.status), "a trial of {}: {}", call.id, tried.body);
    }
    world.assert_unchanged(&demo).await;
    for call in &writes {
        let reply = call.call(&world, "").send().await;
        assert!((200..300).contains(&reply.status), "{}: {}", call.id, reply.body);
        assert_ne!(world.contents().await, demo, "{} changed nothing", call.id);
        world.reset().await;
    }
}

/// These calls perform actions at the table that no canonical call performs: other indexes,
/// filters, messages and callers.
#[tokio::test(flavor = "multi_thread")]
async fn further_calls_succeed_under_the_policies_of_their_functions() {
    let world = World::deployed().await;
    for (call, name, query) in canonical::further() {
        let reply = call.call(&world, query).send().await;
        assert!((200..300).contains(&reply.status), "{name}: {}", reply.body);
        if !call.reads() {
            world.reset().await;
        }
    }
}
