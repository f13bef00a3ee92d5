//! The Lambda function `disable-webhook-source`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::webhooks::disable_webhook_source::DisableWebhookSource>()
}
