//! The Lambda function `create-partner`.

use functions::partners::create_partner::CreatePartner;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreatePartner>()
}
