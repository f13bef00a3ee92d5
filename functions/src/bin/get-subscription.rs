//! The Lambda function `get-subscription`.

use functions::subscriptions::get_subscription::GetSubscription;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetSubscription>()
}
