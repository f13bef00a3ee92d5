//! The Lambda function `list-partner-subscriptions`.

use functions::subscriptions::list_partner_subscriptions::ListPartnerSubscriptions;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListPartnerSubscriptions>()
}
