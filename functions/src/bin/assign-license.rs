//! The Lambda function `assign-license`.

use functions::licenses::assign_license::AssignLicense;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<AssignLicense>()
}
