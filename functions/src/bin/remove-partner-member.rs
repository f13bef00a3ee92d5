//! The Lambda function `remove-partner-member`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::members::remove_partner_member::RemovePartnerMember>()
}
