//! The Lambda function `relinquish-access`.

use functions::access::relinquish_access::RelinquishAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RelinquishAccess>()
}
