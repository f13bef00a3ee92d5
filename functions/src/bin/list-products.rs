//! The Lambda function `list-products`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::products::list_products::ListProducts>()
}
