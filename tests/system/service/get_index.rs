//! `get-index`

use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-index", "/").publish();
}
