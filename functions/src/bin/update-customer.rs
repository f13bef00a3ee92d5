//! The Lambda function `update-customer`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::customers::update_customer::UpdateCustomer>()
}
