//! The Lambda function `list-key-contacts`.

use functions::subscriptions::list_key_contacts::ListKeyContacts;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListKeyContacts>()
}
