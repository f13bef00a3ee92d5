//! The Lambda function `approve-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::approve_access::ApproveAccess>()
}
