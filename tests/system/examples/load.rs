//! Brings the table of the deployed system that the environment names (`system::deployed`) to the demo world,
//! and says its ids and a token for each of its people, as `POST /_local/demo` does locally.

use local_stack::demo;
use serde_json::{Map, Value, json};
use system::World;

#[tokio::main]
async fn main() {
    let world = World::deployed().await;
    let ids = demo::ids();
    let ids: Map<String, Value> =
        ids.as_object().unwrap().keys().map(|name| (name.clone(), world.id(name).into())).collect();
    let people = demo::people(&demo::ids()).into_iter();
    let tokens: Map<String, Value> =
        people.map(|(name, _)| (name.to_owned(), world.token(name).into())).collect();
    println!("{}", json!({ "url": world.url, "ids": ids, "tokens": tokens }));
}
