//! The Lambda function `update-product`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::products::update_product::UpdateProduct>()
}
