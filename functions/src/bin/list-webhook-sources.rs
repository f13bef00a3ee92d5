//! The Lambda function `list-webhook-sources`.

use functions::webhooks::list_webhook_sources::ListWebhookSources;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListWebhookSources>()
}
