//! The Lambda function `list-organization-licenses`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::licenses::list_organization_licenses::ListOrganizationLicenses>()
}
