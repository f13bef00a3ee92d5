//! The Lambda function `get-access-request`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::get_access_request::GetAccessRequest>()
}
