//! The Lambda function `get-notification-preference`.

use functions::service_requests::get_notification_preference::GetNotificationPreference;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetNotificationPreference>()
}
