//! The Lambda function `update-detail-field`.

use functions::details::update_detail_field::UpdateDetailField;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<UpdateDetailField>()
}
