//! The Lambda function `update-organization`.

use functions::organizations::update_organization::UpdateOrganization;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<UpdateOrganization>()
}
