//! The Lambda function `set-notification-preference`.

use functions::service_requests::set_notification_preference::SetNotificationPreference;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<SetNotificationPreference>()
}
