//! The Lambda function `list-service-requests`.

use functions::service_requests::list_service_requests::ListServiceRequests;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListServiceRequests>()
}
