//! `get-health`

use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-health", "/v1/health").publish();
}
