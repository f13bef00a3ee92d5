//! The Lambda function `update-detail-field`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::details::update_detail_field::UpdateDetailField>()
}
