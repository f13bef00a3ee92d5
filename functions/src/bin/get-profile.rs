//! The Lambda function `get-profile`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::get_profile::GetProfile>()
}
