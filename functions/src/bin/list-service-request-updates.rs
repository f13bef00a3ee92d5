//! The Lambda function `list-service-request-updates`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service_requests::list_service_request_updates::ListServiceRequestUpdates>()
}
