//! The Lambda function `list-parked-orders`.

use functions::orders::list_parked_orders::ListParkedOrders;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListParkedOrders>()
}
