//! Every route under the policy of its own function.

use system::{World, canonical};

/// Each canonical call succeeds, and first its trial (`validateOnly`), which needs rights of its own and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn every_canonical_call_succeeds_under_its_functions_own_policy() {
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
    world.is_still(&demo).await;
    for call in &writes {
        let reply = call.call(&world, "").send().await;
        assert!((200..300).contains(&reply.status), "{}: {}", call.id, reply.body);
        assert_ne!(world.contents().await, demo, "{} changed nothing", call.id);
        world.reset().await;
    }
}
