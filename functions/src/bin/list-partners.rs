//! The Lambda function `list-partners`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::partners::list_partners::ListPartners>()
}
