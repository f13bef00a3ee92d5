//! Tests of the deployed system: what only a deployment can prove. `tests/system` proves in one process
//! what the operations do; here their functions run under their own roles, behind a real gateway, with a
//! DynamoDB other than the embedded one. `tests/deployed/run` deploys on a local AWS and runs these tests;
//! it tests the scheduled job itself.

mod concurrency;
mod differences;
mod refusals;
mod routes;
