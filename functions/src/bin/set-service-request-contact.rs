//! The Lambda function `set-service-request-contact`.

use functions::service_requests::set_service_request_contact::SetServiceRequestContact;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<SetServiceRequestContact>()
}
