//! A deployed system for the tests to call. Environment variables describe it:
//!
//! - `VOUCHSAFE_URL`: URL of its API;
//! - `VOUCHSAFE_TABLE_TO_EMPTY`: name of its table, reached with the environment's credentials and region. It is
//!   emptied before every test, so it must belong to the tests: it must be empty, or marked by an earlier run;
//! - `VOUCHSAFE_KEY`: its deployment key, the value of the secret;
//! - `VOUCHSAFE_ISSUER`: URL of the issuer that it trusts, with the audience
//!   [`AUDIENCE`](local_stack::issuer::AUDIENCE);
//! - `VOUCHSAFE_ISSUER_KEY`: file with that issuer's RSA key. An issuer on loopback may omit it, and uses the published
//!   key.

use std::sync::Arc;
use std::time::Duration;

use api_runtime::lambda::system_clock;
use api_runtime::table::client;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use domain::Timestamp;
use local_stack::issuer::Issuer;
use local_stack::{Options, Stack, demo};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::{Item, Items, items, moved};

/// Lets one test run at a time, because all share one table.
static TURN: Mutex<()> = Mutex::const_new(());

static DEPLOYED: OnceCell<Deployed> = OnceCell::const_new();

/// Key of the mark in a table that the tests may empty.
const MARK: &str = "THE SYSTEM'S TESTS EMPTY THIS TABLE";

/// A deployed system.
pub struct Deployed {
    /// URL of its API.
    pub url: String,
    /// Name of its table.
    pub table: String,
    /// Issuer that it trusts.
    pub issuer: Arc<Issuer>,
    /// Ids of the demo world, with the webhook secret that this system's key derives.
    pub ids: Value,
    /// Milliseconds by which the current time is ahead of the time at which the demo world is complete.
    pub ahead: u64,
    demo: Items,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("VOUCHSAFE_URL is set, but not {name}"))
}

/// Returns the issuer that the environment describes.
pub fn issuer() -> Issuer {
    let url = variable("VOUCHSAFE_ISSUER");
    match std::env::var("VOUCHSAFE_ISSUER_KEY") {
        Ok(file) => Issuer::with_key(&url, &std::fs::read_to_string(file).unwrap()).unwrap(),
        Err(_) if url.starts_with("http://127.0.0.1:") => Issuer::new(&url).unwrap(),
        Err(_) => panic!("{url} needs a key of its own: everybody could sign with the one that is published"),
    }
}

impl Deployed {
    /// Waits for this test's turn. Returns the deployed system that the environment describes, with exactly the demo
    /// world in its table.
    pub async fn take_turn() -> (&'static Self, Client, MutexGuard<'static, ()>) {
        let turn = TURN.lock().await;
        let deployed = Self::get().await;
        let client = client::from_environment();
        deployed.reset(&client).await;
        (deployed, client, turn)
    }

    /// Returns the deployed system that the environment describes.
    pub async fn get() -> &'static Self {
        DEPLOYED.get_or_init(Self::from_environment).await
    }

    async fn from_environment() -> Self {
        let key = Some(variable("VOUCHSAFE_KEY"));
        // It is created in a local stack and copied, so that it has the same ids everywhere.
        let stack = Stack::start(Options { deployment_key: key, ..Options::default() }).await.unwrap();
        let ids = demo::load(&stack.shared).await.unwrap()["ids"].take();
        let mut demo = items(&stack.client, local_stack::store::TABLE).await;
        // The demo world lies in the past: during a test, DynamoDB would delete expired items, and the schedule would
        // process due ones.
        for name in ["ttl", "duePk", "dueSk"] {
            demo.values_mut().for_each(|item| drop(item.remove(name)));
        }
        // Grants and requests would have expired, too: their expiry is moved by the same time.
        let complete: Timestamp = demo::COMPLETE.parse().unwrap();
        let ahead = system_clock().unix_millis() - complete.unix_millis();
        demo.values_mut().flatten().for_each(|(name, value)| postpone(name, value, ahead));
        stack.stop().await;
        let url = variable("VOUCHSAFE_URL").trim_end_matches('/').to_owned();
        Self {
            url,
            table: variable("VOUCHSAFE_TABLE_TO_EMPTY"),
            issuer: Arc::new(issuer()),
            ids,
            ahead,
            demo,
        }
    }

    /// Brings the table back to the demo world.
    pub async fn reset(&self, client: &Client) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mark = Item::from([("pk".to_owned(), text(MARK)), ("sk".to_owned(), text("-"))]);
        let mut wanted = self.demo.clone();
        wanted.insert((MARK.to_owned(), "-".to_owned()), mark.clone());
        let there = items(client, &self.table).await;
        let ours = there.is_empty() || there.contains_key(&(MARK.to_owned(), "-".to_owned()));
        assert!(
            ours,
            "{} holds what no test put there; the tests empty the table that they are given",
            self.table
        );
        let put = |item: &Item| {
            let request = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(request).build()
        };
        let delete = |(pk, sk): &(String, String)| {
            let request = DeleteRequest::builder().key("pk", text(pk)).key("sk", text(sk)).build().unwrap();
            WriteRequest::builder().delete_request(request).build()
        };
        let puts =
            wanted.iter().filter(|(key, item)| there.get(*key) != Some(*item)).map(|(_, item)| put(item));
        let deletes = there.keys().filter(|key| !wanted.contains_key(*key)).map(delete);
        let requests: Vec<_> = puts.chain(deletes).collect();
        // The mark is written first: a table with items but without the mark is never emptied.
        self.write(client, vec![put(&mark)]).await;
        for some in requests.chunks(25) {
            self.write(client, some.to_vec()).await;
        }
    }

    async fn write(&self, client: &Client, mut left: Vec<WriteRequest>) {
        while !left.is_empty() {
            let sent = client.batch_write_item().request_items(&self.table, left).send().await.unwrap();
            left = sent.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
            if !left.is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Moves the times at which something expires, at any depth.
fn postpone(name: &str, value: &mut AttributeValue, ahead: u64) {
    match value {
        AttributeValue::S(time) if ["expiresAt", "lapsesAt", "restorableUntil"].contains(&name) => {
            *time = moved(time, ahead).to_string();
        }
        AttributeValue::M(inner) => {
            inner.iter_mut().for_each(|(name, value)| postpone(name, value, ahead));
        }
        AttributeValue::L(list) => list.iter_mut().for_each(|value| postpone(name, value, ahead)),
        _ => {}
    }
}
