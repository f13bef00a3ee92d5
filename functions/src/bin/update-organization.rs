//! The Lambda function `update-organization`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::organizations::update_organization::UpdateOrganization>()
}
