//! The Lambda function `request-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::request_access::RequestAccess>()
}
