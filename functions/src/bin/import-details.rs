//! The Lambda function `import-details`.

use functions::entitlements::import_details::ImportDetails;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ImportDetails>()
}
