//! The Lambda function `update-service-request`.

use functions::service_requests::update_service_request::UpdateServiceRequest;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<UpdateServiceRequest>()
}
