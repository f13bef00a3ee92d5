//! Writing: a change is one transaction, or nothing.

use aws_sdk_dynamodb::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use domain::{Event, Version};

use super::change::{self, Change, Expression, Refusal};
use super::entity::{Entity, Item, to_item};
use super::{CONTENDED, Error, Pause, Table, sdk_error};

impl Table {
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

    /// Writes again, alone and without an event, what was read as version `seen`: for the rows of an import, which names
    /// itself in them. False when somebody else wrote it meanwhile, or this very request did before it was sent again.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn replace_alone<E: Entity>(&self, entity: &E, seen: Version) -> Result<bool, Error> {
        let unchanged = Expression::new("#version = :seen").number("seen", seen);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(to_item(entity)?));
        let put = put.condition_expression(unchanged.written());
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
        let writes = writes?;
        // DynamoDB takes no empty transaction.
        if writes.is_empty() {
            return Ok(Committed::Done);
        }
        match self.transact(writes).await? {
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
