//! The Lambda function `link-customer`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::partners::link_customer::LinkCustomer>()
}
