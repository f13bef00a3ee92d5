//! Errors of the table, and the backoff between attempts.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Reason why the table did not fulfill a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was written, because of concurrent writes or throttling. The operation must be retried from the start.
    #[error("the table is contended: {0}")]
    Contended(String),
    /// The outcome is unknown: the request may or may not have been written.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
    /// The request was invalid, or an item was not as expected. A retry does not help.
    #[error("{0}")]
    Internal(String),
}

impl From<serde_dynamo::Error> for Error {
    fn from(error: serde_dynamo::Error) -> Self {
        // The text of the error may quote the content of an item.
        let _ = error;
        Self::Internal("an item is not of its entity's form".to_owned())
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for Error {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Internal(error.to_string())
    }
}

pub(super) const CONTENDED: &[&str] = &[
    "TransactionConflict",
    "TransactionConflictException",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
];

/// Converts an error of the SDK by its code alone: messages and bodies may contain data that must not be logged.
pub(super) fn sdk_error<E, R>(error: &SdkError<E, R>) -> Error
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

/// Backoff between attempts: 20 ms, doubled each time up to 1 s, with full jitter, so that colliding writers do not
/// collide again.
#[derive(Debug)]
pub struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_millis(20))
    }
}

impl Pause {
    const LONGEST: Duration = Duration::from_secs(1);

    /// Waits before the next attempt.
    pub async fn take(&mut self) {
        tokio::time::sleep(self.0.mul_f64(fastrand::f64())).await;
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}
