//! The Lambda function `get-access-request`.

use functions::access::get_access_request::GetAccessRequest;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetAccessRequest>()
}
