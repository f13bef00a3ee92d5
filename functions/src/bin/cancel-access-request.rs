//! The Lambda function `cancel-access-request`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::cancel_access_request::CancelAccessRequest>()
}
