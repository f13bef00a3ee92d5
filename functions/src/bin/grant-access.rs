//! The Lambda function `grant-access`.

use functions::access::grant_access::GrantAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GrantAccess>()
}
