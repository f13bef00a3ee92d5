//! `find-entitlement`

use system::World;
use system::payload::Payload;

use super::{OF_ORGANIZATION, seen};

#[test]
fn canonical_call_is_published() {
    Payload::of("find-entitlement", "/v1/entitlements/by-number/{number}").by("agent").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn number_is_found_in_any_letter_case() {
    let world = World::demo().await;
    let shown = seen(&world, OF_ORGANIZATION, "agent").await;
    assert_eq!(seen(&world, "/v1/entitlements/by-number/{number}", "agent").await, shown);
    let lower = world.id("number").to_lowercase();
    assert_eq!(seen(&world, &format!("/v1/entitlements/by-number/{lower}"), "operator").await, shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistyped_number_is_invalid_and_unknown_number_is_not_found() {
    let world = World::demo().await;
    let number = world.id("number").to_owned();
    let last = number.chars().last().unwrap();
    let other = if last == 'Z' { "Y" } else { "Z" };
    let mistyped = format!("{}{other}", number.strip_suffix(last).unwrap());
    let mistyped = world.get(&format!("/v1/entitlements/by-number/{mistyped}")).by("agent");
    let fault = mistyped.assert_rejected(400, "invalid-request").await.faults();
    assert_eq!(fault, [("number".to_owned(), "invalid-entitlement-number".to_owned())]);
    let unknown = domain::EntitlementNumber::of("ent_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap());
    let unknown = world.get(&format!("/v1/entitlements/by-number/{unknown}")).by("agent");
    unknown.assert_rejected(404, "not-found").await;
    world
        .get("/v1/entitlements/by-number/{number}")
        .by("customer")
        .assert_rejected(403, "role-not-allowed")
        .await;
}
