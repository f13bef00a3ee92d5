//! The Lambda function `list-partner-access`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::access::list_partner_access::ListPartnerAccess>()
}
