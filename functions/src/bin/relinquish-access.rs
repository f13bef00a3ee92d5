//! The Lambda function `relinquish-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::relinquish_access::RelinquishAccess>()
}
