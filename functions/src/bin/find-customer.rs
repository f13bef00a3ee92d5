//! The Lambda function `find-customer`.

use functions::customers::find_customer::FindCustomer;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<FindCustomer>()
}
