//! The Lambda function `update-entitlement-details`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::update_entitlement_details::UpdateEntitlementDetails>()
}
