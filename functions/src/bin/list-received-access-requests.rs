//! The Lambda function `list-received-access-requests`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::list_received_access_requests::ListReceivedAccessRequests>()
}
