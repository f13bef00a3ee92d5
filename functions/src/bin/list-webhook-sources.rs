//! The Lambda function `list-webhook-sources`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::webhooks::list_webhook_sources::ListWebhookSources>()
}
