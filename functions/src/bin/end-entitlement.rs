//! The Lambda function `end-entitlement`.

use functions::entitlements::end_entitlement::EndEntitlement;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<EndEntitlement>()
}
