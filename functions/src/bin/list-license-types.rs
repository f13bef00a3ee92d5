//! The Lambda function `list-license-types`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::licenses::list_license_types::ListLicenseTypes>()
}
