//! The Lambda function `list-organizations`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::organizations::list_organizations::ListOrganizations>()
}
