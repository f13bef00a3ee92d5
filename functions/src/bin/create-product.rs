//! The Lambda function `create-product`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::products::create_product::CreateProduct>()
}
