//! The access that a partner's member has to all organizations, for what is counted over them. An index finds the
//! organizations; the access itself is then read consistently, together with the operation's other reads.

use api_runtime::table::{AccessIn, AccessOfPartner, BatchGet, BatchResult, EmailInPartner, PageQuery};
use api_runtime::{Context, Failure, OrNotFound};
use domain::access::{MemberRecord, decide, decide_undisclosed};
use domain::{Access, Actor, Email, Grant, OrganizationId, PartnerId};

/// Maximum number of organizations over which something is counted in one call.
const MOST_ORGANIZATIONS: usize = 100;

/// Organizations to which a member of a partner may have access, before the deciding items are read.
pub struct OwnAccess {
    partner: PartnerId,
    email: Email,
    member: MemberRecord,
    /// Ids of the organizations, at most `MOST_ORGANIZATIONS`, in their order.
    pub organizations: Vec<OrganizationId>,
    /// Whether the member may have access to more organizations.
    pub more: bool,
}

impl OwnAccess {
    /// Finds the organizations that have given the caller access, in one step of concurrent reads.
    ///
    /// # Errors
    ///
    /// 404 if the caller is not a member on the partner's record.
    pub async fn find(context: &Context<'_>, actor: &Actor, partner: PartnerId) -> Result<Self, Failure> {
        actor.authorize_partner(partner)?;
        let email = actor.require_email()?;
        let (own, all) = (EmailInPartner(partner, email.clone()), AccessOfPartner(partner));
        let may_have = |access: &Access| decide_undisclosed(&access.grants, &email, context.now).by.is_some();
        let page_query =
            PageQuery { size: MOST_ORGANIZATIONS, ascending: true, after: None, consistent: false };
        let page = context.table.page(&all, &page_query, Some(&may_have));
        let (record, page) = tokio::try_join!(context.table.get(&own), page)?;
        let member = record.or_not_found()?.member_record().or_not_found()?;
        let organizations = page.items.iter().map(|access| access.organization_id).collect();
        Ok(Self { partner, email, member, organizations, more: page.next.is_some() })
    }

    /// Adds the deciding items to a batch read, which must be consistent.
    pub fn want(&self, wanted: &mut BatchGet) {
        self.organizations.iter().for_each(|organization| wanted.add(&AccessIn(*organization, self.partner)));
    }

    /// Returns the organizations to which the member has access, each with the grant that gives it, by the items that
    /// were read.
    ///
    /// # Errors
    ///
    /// Fails only if an item cannot be read.
    pub fn prove(
        &self,
        context: &Context<'_>,
        found: &BatchResult,
    ) -> Result<Vec<(OrganizationId, Grant)>, Failure> {
        let mut proved = Vec::new();
        for organization in &self.organizations {
            let Some(access) = found.get(&AccessIn(*organization, self.partner))? else { continue };
            let by = decide(&access.grants, &self.email, Some(self.member), context.now).by;
            proved.extend(by.map(|grant| (*organization, grant.clone())));
        }
        Ok(proved)
    }
}
