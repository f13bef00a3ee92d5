//! The Lambda function `get-support-dashboard`.

use functions::service_requests::get_support_dashboard::GetSupportDashboard;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetSupportDashboard>()
}
