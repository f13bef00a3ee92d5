//! The single table: typed keys, named access patterns, and changes that are one transaction each.

pub mod change;
pub mod client;
pub mod entity;
pub mod key;
pub mod pattern;
pub mod pool;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, KeysAndAttributes, TransactWriteItem};
use aws_sdk_dynamodb::{Client, Config};

use domain::Event;

pub use change::{Change, Expression, Refusal};
pub use entity::{Entity, IdempotencyRecord, Item, RefusalMark, Reservation};
pub use key::Key;
pub use pattern::{Index, Listing, Lookup};

/// Why the table did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was written, because others were writing at the same time or the table is throttled: to be
    /// decided anew.
    #[error("the table is contended: {0}")]
    Contended(String),
    /// It is not known whether anything was written.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
    /// We asked for what cannot be.
    #[error("{0}")]
    Internal(String),
}

impl From<serde_dynamo::Error> for Error {
    fn from(error: serde_dynamo::Error) -> Self {
        // Its text may quote what an item holds.
        let _ = error;
        Self::Internal("an item is not of its entity's form".to_owned())
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for Error {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Internal(error.to_string())
    }
}

const CONTENDED: &[&str] = &[
    "TransactionConflict",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
];

/// Says what went wrong by code only: messages and bodies may hold what must not be logged.
fn sdk_error<E, R>(error: &SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata,
{
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown");
            match code {
                "TransactionInProgressException" | "InternalServerError" | "ServiceUnavailable" => {
                    Error::Unavailable(code.to_owned())
                }
                code if CONTENDED.contains(&code) => Error::Contended(code.to_owned()),
                "unknown" => Error::Unavailable(code.to_owned()),
                code => Error::Internal(code.to_owned()),
            }
        }
        SdkError::TimeoutError(_) => Error::Unavailable("timeout".to_owned()),
        SdkError::DispatchFailure(_) => Error::Unavailable("connection".to_owned()),
        SdkError::ResponseError(_) => Error::Unavailable("response".to_owned()),
        _ => Error::Internal("request".to_owned()),
    }
}

/// Pauses between attempts, longer each time, with full jitter: who collided does not meet again.
#[derive(Debug)]
pub struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_millis(20))
    }
}

impl Pause {
    const LONGEST: Duration = Duration::from_secs(1);

    /// The next pause.
    pub async fn take(&mut self) {
        tokio::time::sleep(self.0.mul_f64(fastrand::f64())).await;
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}

/// Which items of a listing are wanted.
#[derive(Debug, Clone)]
pub struct Cut {
    /// How many at most.
    pub size: usize,
    /// From the lowest sort key on, or from the highest.
    pub ascending: bool,
    /// Only what comes after this sort key.
    pub after: Option<String>,
}

/// Some items of a listing.
#[derive(Debug)]
pub struct Page<E> {
    /// The items.
    pub items: Vec<E>,
    /// The sort key after which more may come.
    pub next: Option<String>,
}

/// What a filtered page looks at, for each item that is wanted and at least: it may be short then. (DynamoDB
/// also ends a page at 1 MB.)
const EXAMINED_EACH: usize = 8;
const EXAMINED_LEAST: usize = 100;

/// The table, through its client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Reads one item, as it is now.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn get<L: Lookup>(&self, lookup: &L) -> Result<Option<L::Entity>, Error> {
        let key = lookup.key();
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.pk))
            .key("sk", AttributeValue::S(key.sk))
            .consistent_read(true);
        let found = request.send().await.map_err(|error| sdk_error(&error))?;
        found.item.map(entity::from_item).transpose()
    }

    /// Reads many items at once; as they are now if `consistent`, else as they were a moment ago.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn fetch(&self, wanted: Wanted, consistent: bool) -> Result<Found, Error> {
        let mut batches = Vec::new();
        for keys in wanted.0.chunks(100) {
            batches.push(self.fetch_batch(keys, consistent));
        }
        let mut found = Found(HashMap::new());
        for items in futures_util::future::join_all(batches).await {
            found.0.extend(items?);
        }
        Ok(found)
    }

    async fn fetch_batch(&self, keys: &[Key], consistent: bool) -> Result<Vec<(Key, Item)>, Error> {
        let key = |key: &Key| {
            let text = |text: &String| AttributeValue::S(text.clone());
            HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
        };
        let keys = keys.iter().map(key).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent).build()?;
        let mut left = Some(wanted);
        let mut pause = Pause::default();
        let mut found = Vec::new();
        // DynamoDB may leave some keys for the next call; the caller's deadline bounds the loop.
        while let Some(wanted) = left.take().filter(|wanted| !wanted.keys().is_empty()) {
            let request = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = request.send().await.map_err(|error| sdk_error(&error))?;
            for item in answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default() {
                let text = |name: &str| match item.get(name) {
                    Some(AttributeValue::S(text)) => text.clone(),
                    _ => String::new(),
                };
                found.push((Key { pk: text("pk"), sk: text("sk") }, item));
            }
            left = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
            if left.is_some() {
                pause.take().await;
            }
        }
        Ok(found)
    }

    /// Reads all items of a listing.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list<L: Listing>(&self, listing: &L) -> Result<Vec<L::Entity>, Error> {
        let mut items = Vec::new();
        let mut after: Option<Item> = None;
        loop {
            let range = listing.range();
            let request = self.query(listing, range).consistent_read(L::CONSISTENT);
            let answer =
                request.set_exclusive_start_key(after).send().await.map_err(|error| sdk_error(&error))?;
            for item in answer.items.unwrap_or_default() {
                items.push(entity::from_item(item)?);
            }
            after = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Reads a page of a listing, as it was a moment ago. Sort keys are unique in a partition, so the last
    /// one is a position that stays right while items are being added.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn page<L: Listing>(&self, listing: &L, cut: &Cut) -> Result<Page<L::Entity>, Error> {
        let (low, high) = listing.range();
        let range = match (&cut.after, cut.ascending) {
            (Some(after), true) => (after.clone(), high),
            (Some(after), false) => (low, after.clone()),
            (None, _) => (low, high),
        };
        // One more than wanted tells whether there is a next page; the position itself is read again.
        let wanted = cut.size + 1 + usize::from(cut.after.is_some());
        let examined = (wanted * EXAMINED_EACH).max(EXAMINED_LEAST);
        let limit = if listing.filter().is_empty() { wanted } else { examined };
        let request = self.query(listing, range).scan_index_forward(cut.ascending);
        let request = request.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| sdk_error(&error))?;

        let (_, sort) = listing.index().attributes();
        let position = |item: &Item| match item.get(sort) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        let found = answer.items.unwrap_or_default().into_iter();
        let mut found = found.filter(|item| cut.after.is_none() || position(item) != cut.after).peekable();
        let (mut items, mut last) = (Vec::new(), None);
        while let Some(item) = found.next_if(|_| items.len() < cut.size) {
            last = position(&item);
            items.push(entity::from_item(item)?);
        }
        let next =
            if found.peek().is_some() { last } else { answer.last_evaluated_key.as_ref().and_then(position) };
        Ok(Page { items, next })
    }

    fn query<L: Listing>(
        &self,
        listing: &L,
        (low, high): (String, String),
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let (partition, sort) = listing.index().attributes();
        let mut request = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(listing.index().name().map(str::to_owned))
            .key_condition_expression("#partition = :partition AND #sort BETWEEN :low AND :high")
            .expression_attribute_names("#partition", partition)
            .expression_attribute_names("#sort", sort)
            .expression_attribute_values(":partition", AttributeValue::S(listing.partition()))
            .expression_attribute_values(":low", AttributeValue::S(low))
            .expression_attribute_values(":high", AttributeValue::S(high));
        let mut filter = Vec::new();
        for (number, (path, value)) in listing.filter().into_iter().enumerate() {
            let path: Vec<String> = path.iter().map(|name| format!("#{name}")).collect();
            for name in &path {
                request = request.expression_attribute_names(name, name.trim_start_matches('#'));
            }
            request = request.expression_attribute_values(format!(":is{number}"), value);
            filter.push(format!("{} = :is{number}", path.join(".")));
        }
        request.set_filter_expression(Some(filter.join(" AND ")).filter(|filter| !filter.is_empty()))
    }

    /// Sends a transaction: all of it takes effect, or none. While the outcome is unknown the same bytes are
    /// sent again with the same token, which makes them take effect once. Who calls bounds the time.
    ///
    /// # Errors
    ///
    /// [`Error`]; a condition that does not hold is no error.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Outcome, Error> {
        let token = domain::id::nonce();
        let (mut pause, mut unknown) = (Pause::default(), false);
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let once = Config::builder().retry_config(RetryConfig::disabled());
            let sent = request.client_request_token(&token).customize().config_override(once).send().await;
            let error = match sent {
                Ok(_) => return Ok(Outcome::Done),
                Err(error) => error,
            };
            let failed = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    failed_conditions(cancelled.cancellation_reasons())
                }
                _ => Err(sdk_error(&error)),
            };
            match failed {
                Err(Error::Unavailable(_)) => unknown = true,
                // Being throttled says nothing about what was sent before.
                Err(Error::Contended(_)) if unknown => {}
                Err(Error::Internal(code)) if unknown => return Err(Error::Unavailable(code)),
                decided => return decided.map(Outcome::Failed),
            }
            pause.take().await;
        }
    }

    /// Sends a change with its events.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn commit<O: 'static>(
        &self,
        mut change: Change<O>,
        events: &[Event],
    ) -> Result<Committed<O>, Error> {
        for event in events {
            change.put(event)?;
        }
        let writes: Result<Vec<_>, Error> = change.steps.iter().map(|step| step.write(&self.name)).collect();
        match self.transact(writes?).await? {
            Outcome::Done => Ok(Committed::Done),
            Outcome::Failed(failed) => Ok(Committed::Refused(judge(&change.steps, failed.into_iter())?)),
        }
    }

    /// Sends only the conditions of a change: nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn preview<O>(&self, change: &Change<O>) -> Result<Committed<O>, Error> {
        let checks: Result<Vec<_>, Error> = change.steps.iter().map(|step| step.check(&self.name)).collect();
        let checks = checks?;
        let sent: Vec<_> = checks.iter().flatten().cloned().collect();
        if sent.is_empty() {
            return Ok(Committed::Done);
        }
        let failed = match self.transact(sent).await? {
            Outcome::Done => return Ok(Committed::Done),
            Outcome::Failed(failed) => failed,
        };
        let mut failed = failed.into_iter();
        let aligned = checks.iter().map(|check| check.as_ref().and_then(|_| failed.next().flatten()));
        Ok(Committed::Refused(judge(&change.steps, aligned)?))
    }
}

/// For each write whether its condition failed, and the item it failed on.
type Failed = Vec<Option<Option<Item>>>;

fn failed_conditions(reasons: &[CancellationReason]) -> Result<Failed, Error> {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let codes: Vec<String> = reasons.iter().map(code).collect();
    // Whoever loses to another writer has not been judged: a condition beside it may hold by now.
    if let Some(code) = codes.iter().find(|code| CONTENDED.contains(&code.as_str())) {
        return Err(Error::Contended(code.clone()));
    }
    if let Some(code) = codes.iter().find(|code| !["None", "ConditionalCheckFailed"].contains(&code.as_str()))
    {
        return Err(Error::Internal(code.clone()));
    }
    let failed = |reason: &CancellationReason| {
        let item = reason.item.clone().filter(|item| !item.is_empty());
        (code(reason) == "ConditionalCheckFailed").then_some(item)
    };
    Ok(reasons.iter().map(failed).collect())
}

/// What the steps say to those of their conditions that failed.
fn judge<O>(
    steps: &[change::Step<O>],
    failed: impl Iterator<Item = Option<Option<Item>>>,
) -> Result<Vec<Refusal<O>>, Error> {
    let failed = steps.iter().zip(failed).filter_map(|(step, failed)| failed.map(|item| (step.judge)(item)));
    failed.collect()
}

/// What became of a transaction.
enum Outcome {
    /// It took effect.
    Done,
    /// Nothing of it did.
    Failed(Failed),
}

/// What became of a change.
#[derive(Debug)]
pub enum Committed<O> {
    /// It took effect.
    Done,
    /// It did not, because of each condition that does not hold.
    Refused(Vec<Refusal<O>>),
}

/// Keys of items that are wanted together.
#[derive(Debug, Default)]
pub struct Wanted(Vec<Key>);

impl Wanted {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also this.
    pub fn add<L: Lookup>(&mut self, lookup: &L) {
        let key = lookup.key();
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }
}

/// Items that were wanted together, as far as they exist.
#[derive(Debug)]
pub struct Found(HashMap<Key, Item>);

impl Found {
    /// What a lookup found.
    ///
    /// # Errors
    ///
    /// When the item is not one of the lookup's entity.
    pub fn get<L: Lookup>(&self, lookup: &L) -> Result<Option<L::Entity>, Error> {
        self.0.get(&lookup.key()).cloned().map(entity::from_item).transpose()
    }
}
