//! The Lambda function `receive-partner-order`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::webhooks::receive_partner_order::ReceivePartnerOrder>()
}
