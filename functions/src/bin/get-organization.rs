//! The Lambda function `get-organization`.

use functions::organizations::get_organization::GetOrganization;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetOrganization>()
}
