//! The Lambda function `import-details`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::entitlements::import_details::ImportDetails>()
}
