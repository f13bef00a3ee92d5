//! The deployed system: what only a deployment can prove. What the operations do, `tests/system` proves in one process;
//! here their functions run under their own roles, behind a real gateway, over another DynamoDB than the embedded one.
//! `tests/deployed/run` deploys on a local AWS and runs this; the schedule is proved there.

mod concurrency;
mod differences;
mod refusals;
mod routes;
