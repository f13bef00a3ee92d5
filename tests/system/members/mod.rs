automod::dir!("members");

use serde_json::{Value, json};
use system::{Call, World};

pub fn add<'a>(world: &'a World, who: &str, body: Value) -> Call<'a> {
    world.post("/v1/partners/{partner}/members").by(who).json(body)
}

pub fn hana() -> Value {
    json!({"email": "Hana@MIYAKO.example", "name": "Hana Ito"})
}
