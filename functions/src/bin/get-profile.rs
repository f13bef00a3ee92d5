//! The Lambda function `get-profile`.

use functions::entitlements::get_profile::GetProfile;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetProfile>()
}
