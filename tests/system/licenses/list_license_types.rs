//! `list-license-types`

use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-license-types", "/v1/license-types").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signed_in_caller_sees_all_types() {
    let world = World::demo().await;
    for who in ["operator", "agent", "partnerMember", "customer"] {
        let page = world.get("/v1/license-types?pageSize=3").by(who).send().await.ok();
        let codes: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|kind| kind["code"].clone()).collect();
        assert_eq!(codes, ["camera-direct-1y", "camera-direct-5y", "edge-storage-1y"], "{who}");
        assert_eq!(page["items"][1]["term"], "P5Y");
        let path =
            format!("/v1/license-types?pageSize=3&pageToken={}", page["nextPageToken"].as_str().unwrap());
        let rest = world.get(&path).by(who).send().await.ok();
        assert_eq!(
            (rest["items"].as_array().unwrap().len(), &rest["nextPageToken"]),
            (1, &serde_json::Value::Null)
        );
    }
}
