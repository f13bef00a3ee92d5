//! The Lambda function `grant-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::grant_access::GrantAccess>()
}
