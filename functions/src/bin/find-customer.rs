//! The Lambda function `find-customer`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::customers::find_customer::FindCustomer>()
}
