//! The Lambda function `create-detail-field`.

use functions::details::create_detail_field::CreateDetailField;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<CreateDetailField>()
}
