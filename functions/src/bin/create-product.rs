//! The Lambda function `create-product`.

use functions::products::create_product::CreateProduct;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateProduct>()
}
