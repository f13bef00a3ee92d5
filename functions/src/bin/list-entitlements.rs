//! The Lambda function `list-entitlements`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::list_entitlements::ListEntitlements>()
}
