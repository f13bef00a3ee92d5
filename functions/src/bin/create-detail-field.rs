//! The Lambda function `create-detail-field`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::details::create_detail_field::CreateDetailField>()
}
