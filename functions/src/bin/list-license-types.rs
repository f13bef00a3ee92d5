//! The Lambda function `list-license-types`.

use functions::licenses::list_license_types::ListLicenseTypes;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListLicenseTypes>()
}
