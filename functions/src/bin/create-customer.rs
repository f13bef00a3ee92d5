//! The Lambda function `create-customer`.

use functions::customers::create_customer::CreateCustomer;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateCustomer>()
}
