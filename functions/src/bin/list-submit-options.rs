//! The Lambda function `list-submit-options`.

use functions::service_requests::list_submit_options::ListSubmitOptions;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListSubmitOptions>()
}
