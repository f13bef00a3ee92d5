//! The Lambda function `receive-partner-order`.

use functions::webhooks::receive_partner_order::ReceivePartnerOrder;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ReceivePartnerOrder>()
}
