//! The Lambda function `resolve-access`.

use functions::access::resolve_access::ResolveAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ResolveAccess>()
}
