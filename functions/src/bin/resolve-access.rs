//! The Lambda function `resolve-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::resolve_access::ResolveAccess>()
}
