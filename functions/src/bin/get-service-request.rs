//! The Lambda function `get-service-request`.

use functions::service_requests::get_service_request::GetServiceRequest;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetServiceRequest>()
}
