//! The Lambda function `remove-service-request-contact`.

use functions::service_requests::remove_service_request_contact::RemoveServiceRequestContact;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RemoveServiceRequestContact>()
}
