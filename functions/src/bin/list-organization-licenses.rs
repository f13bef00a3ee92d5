//! The Lambda function `list-organization-licenses`.

use functions::licenses::list_organization_licenses::ListOrganizationLicenses;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListOrganizationLicenses>()
}
