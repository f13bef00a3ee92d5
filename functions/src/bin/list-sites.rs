//! The Lambda function `list-sites`.

use functions::subscriptions::list_sites::ListSites;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListSites>()
}
