//! The Lambda function `create-entitlement`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::create_entitlement::CreateEntitlement>()
}
