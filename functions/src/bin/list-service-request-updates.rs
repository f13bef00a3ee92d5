//! The Lambda function `list-service-request-updates`.

use functions::service_requests::list_service_request_updates::ListServiceRequestUpdates;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListServiceRequestUpdates>()
}
