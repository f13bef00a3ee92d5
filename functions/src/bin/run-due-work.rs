//! The Lambda function `run-due-work`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run_scheduled::<functions::service::run_due_work::RunDueWork>()
}
