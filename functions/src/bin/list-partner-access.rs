//! The Lambda function `list-partner-access`.

use functions::access::list_partner_access::ListPartnerAccess;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListPartnerAccess>()
}
