//! The Lambda function `deactivate-subscription`.

use functions::subscriptions::deactivate_subscription::DeactivateSubscription;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<DeactivateSubscription>()
}
