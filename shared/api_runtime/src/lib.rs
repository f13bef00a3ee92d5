//! What stands between AWS and an operation: the single table, and the way from a payload to an operation
//! and back.

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
pub use http::route::{Access, Method, Route, route};
pub use schedule::Scheduled;
