//! The Lambda function `create-organization`.

use functions::organizations::create_organization::CreateOrganization;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateOrganization>()
}
