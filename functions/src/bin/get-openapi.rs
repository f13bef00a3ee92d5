//! The Lambda function `get-openapi`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service::get_openapi::GetOpenapi>()
}
