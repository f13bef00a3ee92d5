//! Members: a partner's people, on record.

automod::dir!(pub "src/members");

use api_runtime::table::MemberById;
use api_runtime::{Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::{Faults, Member, MemberId, PartnerId};
use schemars::JsonSchema;

/// Path of a partner's member.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct MemberPath {
    /// Id of the partner.
    partner_id: PartnerId,
    /// Id of the member.
    member_id: MemberId,
}

impl MemberPath {
    /// Reads the member consistently, including a removed one; 404 if another partner has it.
    async fn read(&self, context: &Context<'_>) -> Result<Member, Failure> {
        let found = context.table.get(&MemberById(self.member_id)).await?;
        Ok(found.filter(|member| member.partner_id == self.partner_id).or_not_found()?)
    }
}
