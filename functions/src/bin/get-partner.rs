//! The Lambda function `get-partner`.

use functions::partners::get_partner::GetPartner;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<GetPartner>()
}
