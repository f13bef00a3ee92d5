//! The Lambda function `get-openapi`.

use functions::service::get_openapi::GetOpenapi;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetOpenapi>()
}
