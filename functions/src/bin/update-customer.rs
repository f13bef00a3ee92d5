//! The Lambda function `update-customer`.

use functions::customers::update_customer::UpdateCustomer;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<UpdateCustomer>()
}
