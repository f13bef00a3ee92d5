//! The Lambda function `query-history`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::history::query_history::QueryHistory>()
}
