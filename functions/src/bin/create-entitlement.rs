//! The Lambda function `create-entitlement`.

use functions::entitlements::create_entitlement::CreateEntitlement;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateEntitlement>()
}
