//! The Lambda function `disable-webhook-source`.

use functions::webhooks::disable_webhook_source::DisableWebhookSource;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<DisableWebhookSource>()
}
