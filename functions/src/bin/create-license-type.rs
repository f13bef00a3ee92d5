//! The Lambda function `create-license-type`.

use functions::licenses::create_license_type::CreateLicenseType;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateLicenseType>()
}
