//! The Lambda function `decline-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::decline_access::DeclineAccess>()
}
