//! The Lambda function `list-organizations`.

use functions::organizations::list_organizations::ListOrganizations;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListOrganizations>()
}
