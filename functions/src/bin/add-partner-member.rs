//! The Lambda function `add-partner-member`.

use functions::members::add_partner_member::AddPartnerMember;

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<AddPartnerMember>()
}
