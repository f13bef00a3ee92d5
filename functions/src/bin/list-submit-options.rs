//! The Lambda function `list-submit-options`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::service_requests::list_submit_options::ListSubmitOptions>()
}
