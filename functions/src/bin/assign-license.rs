//! The Lambda function `assign-license`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::licenses::assign_license::AssignLicense>()
}
