//! The Lambda function `run-due-work`.

use functions::service::run_due_work::RunDueWork;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run_scheduled::<RunDueWork>()
}
