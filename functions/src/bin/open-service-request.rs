//! The Lambda function `open-service-request`.

use functions::service_requests::open_service_request::OpenServiceRequest;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<OpenServiceRequest>()
}
