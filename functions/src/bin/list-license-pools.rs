//! The Lambda function `list-license-pools`.

use functions::licenses::list_license_pools::ListLicensePools;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListLicensePools>()
}
