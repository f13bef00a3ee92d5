//! The Lambda function `update-product`.

use functions::products::update_product::UpdateProduct;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<UpdateProduct>()
}
