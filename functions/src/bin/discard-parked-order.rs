//! The Lambda function `discard-parked-order`.

use functions::orders::discard_parked_order::DiscardParkedOrder;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<DiscardParkedOrder>()
}
