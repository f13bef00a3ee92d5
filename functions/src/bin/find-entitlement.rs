//! The Lambda function `find-entitlement`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::find_entitlement::FindEntitlement>()
}
