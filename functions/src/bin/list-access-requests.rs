//! The Lambda function `list-access-requests`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::list_access_requests::ListAccessRequests>()
}
