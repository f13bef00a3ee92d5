//! The Lambda function `get-license-assignment`.

use functions::licenses::get_license_assignment::GetLicenseAssignment;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetLicenseAssignment>()
}
