//! The Lambda function `get-partner`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::partners::get_partner::GetPartner>()
}
