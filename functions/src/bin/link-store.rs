//! The Lambda function `link-store`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::partners::link_store::LinkStore>()
}
