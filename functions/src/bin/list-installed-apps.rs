//! The Lambda function `list-installed-apps`.

use functions::subscriptions::list_installed_apps::ListInstalledApps;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListInstalledApps>()
}
