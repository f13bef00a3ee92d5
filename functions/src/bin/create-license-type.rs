//! The Lambda function `create-license-type`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::licenses::create_license_type::CreateLicenseType>()
}
