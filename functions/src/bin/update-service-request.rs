//! The Lambda function `update-service-request`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service_requests::update_service_request::UpdateServiceRequest>()
}
