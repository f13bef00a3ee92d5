//! Brings the table of a deployed system to the demo world, and prints its ids and a token for each of its
//! people, as `POST /_local/demo` does locally. Environment variables describe the system (`system::deployed`).

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
