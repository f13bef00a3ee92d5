//! The Lambda function `update-entitlement-details`.

use functions::entitlements::update_entitlement_details::UpdateEntitlementDetails;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<UpdateEntitlementDetails>()
}
