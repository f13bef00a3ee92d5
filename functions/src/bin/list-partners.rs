//! The Lambda function `list-partners`.

use functions::partners::list_partners::ListPartners;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListPartners>()
}
