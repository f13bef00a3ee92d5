//! The Lambda function `list-parked-orders`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::orders::list_parked_orders::ListParkedOrders>()
}
