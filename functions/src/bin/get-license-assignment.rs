//! The Lambda function `get-license-assignment`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::licenses::get_license_assignment::GetLicenseAssignment>()
}
