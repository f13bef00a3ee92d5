//! The Lambda function `get-entitlement`.

use functions::entitlements::get_entitlement::GetEntitlement;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetEntitlement>()
}
