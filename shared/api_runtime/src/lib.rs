//! Runtime library between AWS and the operations: the single DynamoDB table, and the HTTP layer that turns a Lambda
//! payload into the input of an operation and its result into a response.

pub mod answer;
pub mod change;
pub mod condition;
pub mod context;
pub mod csv_table;
pub mod http;
pub mod lambda;
mod page_token;
pub mod schedule;
pub mod table;

pub use answer::{Answer, Failure, List, OrNotFound, Output, Replay, Reply};
pub use change::Change;
pub use condition::{ConditionFailure, IfMatch};
pub use context::{Context, Environment};
pub use http::body::{Empty, Json, Raw};
pub use http::operation::{Operation, Request, Size};
pub use http::parameters::{ArchivedQuery, NameFilter, Nothing, OrganizationPath, PartnerPath, Switch};
pub use http::route::{Method, Route, RouteAuth, route};
pub use schedule::Scheduled;
