//! The Lambda function `add-partner-member`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::members::add_partner_member::AddPartnerMember>()
}
