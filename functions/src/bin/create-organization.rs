//! The Lambda function `create-organization`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::organizations::create_organization::CreateOrganization>()
}
