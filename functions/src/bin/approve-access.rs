//! The Lambda function `approve-access`.

use functions::access::approve_access::ApproveAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ApproveAccess>()
}
