//! The Lambda function `link-store`.

use functions::partners::link_store::LinkStore;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<LinkStore>()
}
