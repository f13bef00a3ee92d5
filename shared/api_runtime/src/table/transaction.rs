//! Writes: a transaction takes effect as a whole or not at all.

use aws_sdk_dynamodb::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, PutRequest, TransactWriteItem, WriteRequest};
use domain::Version;

use super::client::Table;
use super::error::{CONTENDED, Error, Pause, sdk_error};
use super::item::{Entity, Item, to_item};
use super::write::{Expression, Write};

/// Outcome of a transaction.
#[derive(Debug)]
pub enum Outcome {
    /// The transaction took effect.
    Done,
    /// Nothing took effect, because these conditions failed.
    Failed(Vec<FailedCondition>),
}

/// A condition that failed.
#[derive(Debug)]
pub struct FailedCondition {
    /// Index of the write in the transaction, counted from 0.
    pub write: usize,
    /// Stored item; `None` if there is none.
    pub stored: Option<Item>,
}

impl Table {
    /// Sends writes as one transaction.
    ///
    /// # Errors
    ///
    /// [`Error`]; a failed condition is not an error.
    pub async fn commit(&self, writes: &[Write]) -> Result<Outcome, Error> {
        let items: Result<Vec<_>, Error> = writes.iter().map(|write| write.item(&self.name)).collect();
        let failed = self.transact(items?).await?;
        let failed = (0..).zip(failed);
        Ok(Outcome::of(
            failed.filter_map(|(write, failed)| failed.map(|stored| FailedCondition { write, stored })),
        ))
    }

    /// Checks the conditions of writes without writing anything.
    ///
    /// # Errors
    ///
    /// [`Error`]; a failed condition is not an error.
    pub async fn check(&self, writes: &[Write]) -> Result<Outcome, Error> {
        let conditional = (0..).zip(writes).filter(|(_, write)| write.is_conditional());
        let (places, checks): (Vec<usize>, Vec<_>) =
            conditional.map(|(place, write)| (place, write.check(&self.name))).unzip();
        let checks: Result<Vec<_>, Error> = checks.into_iter().filter_map(Result::transpose).collect();
        let failed = self.transact(checks?).await?;
        let failed = places.into_iter().zip(failed);
        Ok(Outcome::of(
            failed.filter_map(|(write, failed)| failed.map(|stored| FailedCondition { write, stored })),
        ))
    }

    /// Sends a transaction. While the outcome is unknown, the same bytes are sent again with the same client token, so
    /// that they take effect once. The caller limits the total time.
    async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Failed, Error> {
        // DynamoDB rejects an empty transaction.
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let token = domain::id::nonce();
        let (mut pause, mut unknown) = (Pause::default(), false);
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let once = Config::builder().retry_config(RetryConfig::disabled());
            let sent = request.client_request_token(&token).customize().config_override(once).send().await;
            let error = match sent {
                Ok(_) => return Ok(Vec::new()),
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
                // Throttling of this attempt says nothing about the outcome of the earlier ones.
                Err(Error::Contended(_)) if unknown => {}
                Err(Error::Internal(code)) if unknown => return Err(Error::Unavailable(code)),
                decided => return decided,
            }
            pause.take().await;
        }
    }

    /// Writes entities without conditions, outside of any transaction: for items of which it does no harm if they exist
    /// without what is written afterwards.
    ///
    /// # Errors
    ///
    /// [`Error`]; any number of the entities may then be written.
    pub(crate) async fn put_all<E: Entity>(&self, entities: &[E]) -> Result<(), Error> {
        let requests: Result<Vec<_>, Error> = entities.iter().map(put_request).collect();
        let requests = requests?;
        let batches = requests.chunks(MAX_BATCH_WRITES).map(|batch| self.put_batch(batch.to_vec()));
        futures_util::future::try_join_all(batches).await?;
        Ok(())
    }

    async fn put_batch(&self, batch: Vec<WriteRequest>) -> Result<(), Error> {
        let (mut left, mut pause) = (batch, Pause::default());
        // DynamoDB may leave some items unprocessed; the caller's deadline bounds the loop.
        while !left.is_empty() {
            let request = self.client.batch_write_item().request_items(&self.name, left.clone());
            match request.send().await.map_err(|error| sdk_error(&error)) {
                Ok(answer) => {
                    left =
                        answer.unprocessed_items.unwrap_or_default().remove(&self.name).unwrap_or_default();
                }
                Err(Error::Contended(_)) => {}
                Err(error) => return Err(error),
            }
            if !left.is_empty() {
                pause.take().await;
            }
        }
        Ok(())
    }

    /// Replaces an entity that was read as version `seen`, alone and without an event: for the rows of an import, which
    /// store the import's id. Returns false if the entity has changed since, or if an earlier attempt of this same
    /// request has replaced it.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn replace_alone<E: Entity>(&self, entity: &E, seen: Version) -> Result<bool, Error> {
        let unchanged = Expression::new("#version = :seen").number("seen", seen);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(to_item(entity)?));
        let put = put.condition_expression(unchanged.as_str());
        let put = put.set_expression_attribute_names(unchanged.names());
        let put = put.set_expression_attribute_values(unchanged.values());
        let mut pause = Pause::default();
        // The caller's deadline bounds the loop.
        loop {
            let Err(error) = put.clone().send().await else { return Ok(true) };
            if let Some(PutItemError::ConditionalCheckFailedException(_)) = error.as_service_error() {
                return Ok(false);
            }
            match sdk_error(&error) {
                Error::Contended(_) => pause.take().await,
                error => return Err(error),
            }
        }
    }
}

/// Maximum number of items that DynamoDB writes in one `BatchWriteItem` request.
const MAX_BATCH_WRITES: usize = 25;

fn put_request<E: Entity>(entity: &E) -> Result<WriteRequest, Error> {
    let put = PutRequest::builder().set_item(Some(to_item(entity)?)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}

impl Outcome {
    fn of(failed: impl Iterator<Item = FailedCondition>) -> Self {
        let failed: Vec<_> = failed.collect();
        if failed.is_empty() { Self::Done } else { Self::Failed(failed) }
    }
}

/// For each write, whether its condition failed, and the stored item if so; empty if the transaction took effect.
type Failed = Vec<Option<Option<Item>>>;

fn failed_conditions(reasons: &[CancellationReason]) -> Result<Failed, Error> {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let codes: Vec<String> = reasons.iter().map(code).collect();
    // A write that lost to a concurrent writer was not evaluated, and conditions that failed may hold by now.
    if let Some(code) = codes.iter().find(|code| CONTENDED.contains(&code.as_str())) {
        return Err(Error::Contended(code.clone()));
    }
    if let Some(code) = codes.iter().find(|code| !["None", "ConditionalCheckFailed"].contains(&code.as_str()))
    {
        return Err(Error::Internal(code.clone()));
    }
    if codes.iter().all(|code| code == "None") {
        return Err(Error::Internal("a transaction was cancelled without a reason".to_owned()));
    }
    let failed = |reason: &CancellationReason| {
        let item = reason.item.clone().filter(|item| !item.is_empty());
        (code(reason) == "ConditionalCheckFailed").then_some(item)
    };
    Ok(reasons.iter().map(failed).collect())
}
