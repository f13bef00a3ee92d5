//! The Lambda function `request-access`.

use functions::access::request_access::RequestAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RequestAccess>()
}
