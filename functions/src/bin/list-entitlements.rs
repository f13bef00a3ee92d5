//! The Lambda function `list-entitlements`.

use functions::entitlements::list_entitlements::ListEntitlements;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListEntitlements>()
}
