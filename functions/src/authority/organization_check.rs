//! The check that a partner's member sees an organization. The deciding items are read together with the operation's
//! other reads.

use api_runtime::table::{BatchGet, BatchResult, PartnerOrganizationLink, SubscriptionsOf};
use api_runtime::{Context, Failure, OrNotFound};
use domain::{Actor, OrganizationId, PartnerId, Problem, Subscription};

use super::access_check::AccessCheck;

/// The sight that a partner's member has of an organization, before the deciding items are read: by the partner's
/// directory, by a grant in force, or by a subscription that the partner manages.
pub struct OrganizationCheck {
    entry: PartnerOrganizationLink,
    access_check: AccessCheck,
}

impl OrganizationCheck {
    /// Returns the check that the caller must pass for an organization; none for the organization's own people and the
    /// vendor's staff.
    ///
    /// # Errors
    ///
    /// 404 for other organizations' people.
    pub fn of(actor: &Actor, organization: OrganizationId) -> Result<Option<Self>, Problem> {
        Ok(AccessCheck::of(actor, organization)?.map(|access_check| Self {
            entry: PartnerOrganizationLink(access_check.partner(), organization),
            access_check,
        }))
    }

    /// Partner of the caller.
    pub fn partner(&self) -> PartnerId {
        self.access_check.partner()
    }

    /// Adds the deciding items to a batch read.
    pub fn want(&self, wanted: &mut BatchGet) {
        wanted.add(&self.entry);
        self.access_check.want(wanted);
    }

    /// Requires that the caller sees the organization. Reads its subscriptions only if neither the directory nor a grant
    /// decides.
    ///
    /// # Errors
    ///
    /// 404 if the caller does not see the organization.
    pub async fn require(&self, context: &Context<'_>, found: &BatchResult) -> Result<(), Failure> {
        let is_listed = found.get(&self.entry)?.is_some_and(|entry| entry.is_listed());
        if is_listed || self.access_check.is_met(context, found)? {
            return Ok(());
        }
        let subscriptions = context.table.list(&SubscriptionsOf(self.entry.1), true).await?;
        self.require_by(context, found, &subscriptions)
    }

    /// Requires that the caller sees the organization, by all of its subscriptions and the items that were read.
    ///
    /// # Errors
    ///
    /// As [`Self::require`].
    pub fn require_by(
        &self,
        context: &Context<'_>,
        found: &BatchResult,
        subscriptions: &[Subscription],
    ) -> Result<(), Failure> {
        let is_listed = found.get(&self.entry)?.is_some_and(|entry| entry.is_listed());
        let manages = |one: &Subscription| one.buyer().partner_id == Some(self.partner());
        let is_seen =
            is_listed || subscriptions.iter().any(manages) || self.access_check.is_met(context, found)?;
        Ok(is_seen.then_some(()).or_not_found()?)
    }
}
