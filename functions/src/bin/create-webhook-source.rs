//! The Lambda function `create-webhook-source`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::webhooks::create_webhook_source::CreateWebhookSource>()
}
