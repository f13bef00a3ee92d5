//! The Lambda function `list-partner-customers`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::partners::list_partner_customers::ListPartnerCustomers>()
}
