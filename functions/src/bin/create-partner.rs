//! The Lambda function `create-partner`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::partners::create_partner::CreatePartner>()
}
