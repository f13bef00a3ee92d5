//! The Lambda function `list-subscriptions`.

use functions::subscriptions::list_subscriptions::ListSubscriptions;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListSubscriptions>()
}
