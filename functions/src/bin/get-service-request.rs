//! The Lambda function `get-service-request`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service_requests::get_service_request::GetServiceRequest>()
}
