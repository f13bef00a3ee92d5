//! The Lambda function `list-partner-members`.

use functions::members::list_partner_members::ListPartnerMembers;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<ListPartnerMembers>()
}
