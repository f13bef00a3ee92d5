//! The Lambda function `list-partner-customers`.

use functions::partners::list_partner_customers::ListPartnerCustomers;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListPartnerCustomers>()
}
