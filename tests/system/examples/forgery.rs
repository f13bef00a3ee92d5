//! Program whose instructions `cargo bench -- forgery` counts. `refuse` refuses a message with the maximum
//! number of signatures that are read, from a source with the maximum number of secrets; `hash` hashes the same
//! body once per secret; any other argument does neither.

use domain::Timestamp;
use domain::webhook::{Envelope, MOST_SIGNATURES, Secret};
use sha2::{Digest, Sha256};

fn main() {
    const SECRETS: u32 = 6;
    let now: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
    let source = "src_019b8c3e-5c00-7000-8000-000000000003".parse().unwrap();
    let key = "key".parse().unwrap();
    let body = vec![b'x'; 100_000];
    let forged = format!("v1,{}= ", "A".repeat(43)).repeat(MOST_SIGNATURES);
    let timestamp = now.unix_seconds().to_string();
    let envelope = Envelope { id: "msg_1", timestamp: &timestamp, signatures: forged.trim_end() };
    for _ in 0..10 {
        match std::env::args().nth(1).as_deref() {
            Some("refuse") => {
                let sealed = envelope.open(now).unwrap();
                let secrets: Vec<_> =
                    (1..=SECRETS).map(|version| Secret::derive(&key, source, version)).collect();
                assert!(!sealed.vouches_for(std::hint::black_box(&body), &secrets));
            }
            Some("hash") => (0..SECRETS).for_each(|_| {
                std::hint::black_box(Sha256::digest(std::hint::black_box(&body)));
            }),
            _ => {}
        }
    }
}
