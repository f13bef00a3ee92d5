//! The Lambda function `list-partner-members`.

fn main() -> Result<(), lambda_runtime::Error> {
    aws::lambda::run::<functions::members::list_partner_members::ListPartnerMembers>()
}
