//! The Lambda function `list-detail-fields`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::details::list_detail_fields::ListDetailFields>()
}
