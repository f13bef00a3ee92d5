//! The Lambda function `query-history`.

use functions::history::query_history::QueryHistory;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<QueryHistory>()
}
