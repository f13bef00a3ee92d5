//! The Lambda function `set-up-subscription`.

use functions::subscriptions::set_up_subscription::SetUpSubscription;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<SetUpSubscription>()
}
