//! The Lambda function `revoke-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::revoke_access::RevokeAccess>()
}
