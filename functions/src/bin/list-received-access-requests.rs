//! The Lambda function `list-received-access-requests`.

use functions::access::list_received_access_requests::ListReceivedAccessRequests;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListReceivedAccessRequests>()
}
