//! The Lambda function `decline-access`.

use functions::access::decline_access::DeclineAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<DeclineAccess>()
}
