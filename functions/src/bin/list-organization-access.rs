//! The Lambda function `list-organization-access`.

use functions::access::list_organization_access::ListOrganizationAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListOrganizationAccess>()
}
