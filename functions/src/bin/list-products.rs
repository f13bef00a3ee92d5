//! The Lambda function `list-products`.

use functions::products::list_products::ListProducts;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListProducts>()
}
