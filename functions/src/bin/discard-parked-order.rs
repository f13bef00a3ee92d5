//! The Lambda function `discard-parked-order`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::orders::discard_parked_order::DiscardParkedOrder>()
}
