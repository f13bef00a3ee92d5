//! The Lambda function `list-access-requests`.

use functions::access::list_access_requests::ListAccessRequests;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListAccessRequests>()
}
