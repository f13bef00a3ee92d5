//! The Lambda function `create-customer`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::customers::create_customer::CreateCustomer>()
}
