//! The Lambda function `list-detail-fields`.

use functions::details::list_detail_fields::ListDetailFields;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListDetailFields>()
}
