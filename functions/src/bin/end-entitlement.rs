//! The Lambda function `end-entitlement`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::end_entitlement::EndEntitlement>()
}
