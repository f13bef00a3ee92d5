//! The Lambda function `remove-partner-member`.

use functions::members::remove_partner_member::RemovePartnerMember;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<RemovePartnerMember>()
}
