//! The Lambda function `open-service-request`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service_requests::open_service_request::OpenServiceRequest>()
}
