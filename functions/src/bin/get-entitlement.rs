//! The Lambda function `get-entitlement`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::get_entitlement::GetEntitlement>()
}
