//! The Lambda function `find-entitlement`.

use functions::entitlements::find_entitlement::FindEntitlement;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<FindEntitlement>()
}
