//! The Lambda function `link-customer`.

use functions::partners::link_customer::LinkCustomer;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<LinkCustomer>()
}
