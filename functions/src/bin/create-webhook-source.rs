//! The Lambda function `create-webhook-source`.

use functions::webhooks::create_webhook_source::CreateWebhookSource;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateWebhookSource>()
}
