//! What is due: found in the index, read where it is, and put back where it could not be done.

use domain::{Access, AccessRequest, Order, Period, Subscription, Timestamp};

use super::entity::{Drain, Entity, ImportRun, Item, from_item};
use super::error::Error;
use super::key::{self, Key};
use super::write::{Action, Expression, Write};

/// The turn of something that is due: by when, and how often it came in vain.
#[derive(Debug)]
pub struct Turn {
    at: Key,
    /// Its place in the index.
    seen: String,
    failures: u64,
    /// Which entity's it is.
    entity: String,
}

/// What can be due.
#[derive(Debug)]
pub enum DueItem {
    /// Somebody must see whether parked orders are left.
    Drain(Drain),
    /// A parked order lapses, or some of an order's subscriptions are still to be made.
    Order(Order),
    /// An import was cut off.
    Import(ImportRun),
    /// A request for access lapses.
    Request(AccessRequest),
    /// Access has ended, or ends soon.
    Access(Access),
    /// What is linked to a deactivated subscription is still going down.
    Subscription(Box<Subscription>),
}

impl DueItem {
    pub(super) fn read(item: Item) -> Result<Self, Error> {
        match item.get("entity").and_then(|name| name.as_s().ok()).map(String::as_str) {
            Some(Drain::NAME) => from_item(item).map(Self::Drain),
            Some(Order::NAME) => from_item(item).map(Self::Order),
            Some(ImportRun::NAME) => from_item(item).map(Self::Import),
            Some(AccessRequest::NAME) => from_item(item).map(Self::Request),
            Some(Access::NAME) => from_item(item).map(Self::Access),
            Some(Subscription::NAME) => from_item(item).map(Box::new).map(Self::Subscription),
            _ => Err(Error::Internal("something is due, and nobody knows what to do about it".to_owned())),
        }
    }
}

/// Something is tried again a minute after it failed, then two, four, and so on: every eight and a half hours at last.
const MOST_DOUBLINGS: u64 = 9;

impl Turn {
    /// That of an item which is due by then, as its place in the index says.
    pub(super) fn read(at: Key, item: &Item, by: &str) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let seen = text("dueSk").filter(|seen| seen.as_str() <= by)?;
        let failures = item.get("dueFailures").and_then(|failures| failures.as_n().ok());
        let failures = failures.and_then(|number| number.parse().ok()).unwrap_or_default();
        Some(Self { at, seen, failures, entity: text("entity").unwrap_or_else(|| "unknown".to_owned()) })
    }

    /// Puts it back until later, each time longer, unless it has changed since it was read. Whatever else changes it makes
    /// it due again, as if it had never failed.
    pub fn put_back(&self, now: Timestamp) -> Write {
        let delay = Period::minutes(1 << self.failures.min(MOST_DOUBLINGS));
        let next = key::due(&self.at, now.after(delay));
        let update = Expression::new("SET #dueSk = :next, #dueFailures = :tries");
        let update = update.text("next", next.sk).number("tries", self.tries());
        let condition = Expression::new("#dueSk = :seen").text("seen", &self.seen);
        Write::on(condition, self.at.clone(), Action::Update(update))
    }

    /// How often it was tried, this time included.
    pub fn tries(&self) -> u64 {
        self.failures + 1
    }

    /// Which entity's it is.
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// Where it is in the table.
    pub fn place(&self) -> String {
        format!("{} {}", self.at.pk, self.at.sk)
    }
}
