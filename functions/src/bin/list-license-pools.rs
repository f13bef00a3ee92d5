//! The Lambda function `list-license-pools`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::licenses::list_license_pools::ListLicensePools>()
}
