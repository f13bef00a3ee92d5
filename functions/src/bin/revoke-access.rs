//! The Lambda function `revoke-access`.

use functions::access::revoke_access::RevokeAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RevokeAccess>()
}
