//! The Lambda function `add-subscription-contact`.

use functions::subscriptions::add_subscription_contact::AddSubscriptionContact;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<AddSubscriptionContact>()
}
