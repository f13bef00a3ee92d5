//! What can go wrong with the table, and how long to wait before another attempt.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

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

pub(super) const CONTENDED: &[&str] = &[
    "TransactionConflict",
    "TransactionConflictException",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
];

/// Says what went wrong by code only: messages and bodies may hold what must not be logged.
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
