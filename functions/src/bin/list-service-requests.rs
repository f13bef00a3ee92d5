//! The Lambda function `list-service-requests`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service_requests::list_service_requests::ListServiceRequests>()
}
