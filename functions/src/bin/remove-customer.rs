//! The Lambda function `remove-customer`.

use functions::customers::remove_customer::RemoveCustomer;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RemoveCustomer>()
}
