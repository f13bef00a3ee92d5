//! The Lambda function `cancel-access-request`.

use functions::access::cancel_access_request::CancelAccessRequest;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CancelAccessRequest>()
}
