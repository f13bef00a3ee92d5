//! The Lambda function `rotate-webhook-secret`.

use functions::webhooks::rotate_webhook_secret::RotateWebhookSecret;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RotateWebhookSecret>()
}
