//! The Lambda function `list-organization-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::list_organization_access::ListOrganizationAccess>()
}
