//! The Lambda function `remove-customer`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::customers::remove_customer::RemoveCustomer>()
}
