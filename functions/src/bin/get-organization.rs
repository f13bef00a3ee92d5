//! The Lambda function `get-organization`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::organizations::get_organization::GetOrganization>()
}
