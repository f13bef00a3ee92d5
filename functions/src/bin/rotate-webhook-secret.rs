//! The Lambda function `rotate-webhook-secret`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::webhooks::rotate_webhook_secret::RotateWebhookSecret>()
}
