//! The executable of every Lambda function. `_HANDLER`, which Lambda sets from the template's `Handler`, names the
//! function to run.

use api_runtime::lambda::{run, run_scheduled};
use functions::{Function, function};

fn main() -> Result<(), lambda_runtime::Error> {
    let name = std::env::var("_HANDLER")
        .map_err(|_| "`_HANDLER` is not set; Lambda sets it to the template's `Handler`")?;
    match function(&name)? {
        Function::Operation { handler, uses_key } => run(handler, uses_key),
        Function::Schedule(job) => run_scheduled(job),
    }
}
