//! The Lambda function `remove-subscription-contact`.

use functions::subscriptions::remove_subscription_contact::RemoveSubscriptionContact;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RemoveSubscriptionContact>()
}
