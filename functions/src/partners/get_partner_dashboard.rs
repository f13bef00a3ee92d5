//! `get-partner-dashboard`

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api_runtime::table::BatchGet;
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, Output, PartnerPath, Reply, Request, Route, route,
};
use domain::dashboard::{Counts, Dashboard, StatusCounts};
use domain::service_request::Month;
use domain::{AccessAction, Actor, OrganizationId, Role};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::own_access::OwnAccess;
use crate::party::{Names, Party};
use crate::service_requests::counts_of_many::{counts_among, want_counts};

/// Returns statistics of the service requests of all organizations that a partner's member supports.
pub struct GetPartnerDashboard;

/// Statistics of the service requests of all organizations that the caller supports.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartnerDashboard {
    /// Figures of all organizations together.
    #[serde(flatten)]
    all: Dashboard,
    /// Numbers of each organization over the twelve months: those with the most open and waiting service requests
    /// first.
    organizations: Vec<OrganizationFigures>,
    /// Whether the caller may have access to further organizations, which are not counted.
    truncated: bool,
}

/// Numbers of the service requests of one organization.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrganizationFigures {
    /// Organization that the service requests belong to.
    organization: Party<OrganizationId>,
    /// Numbers by present status.
    #[serde(flatten)]
    progress: StatusCounts,
}

impl Output for PartnerDashboard {}

impl Operation for GetPartnerDashboard {
    const NAME: &str = "get-partner-dashboard";
    const SUMMARY: &str = "Get service request statistics of a partner's customers";
    const DESCRIPTION: &str = "Members on the partner's record may call it. The statistics are those of \
        `get-support-dashboard`, over all organizations to which the caller's access level is `look` or \
        above, and the numbers of each of these organizations. At most 100 organizations to which the caller \
        has access are counted, in the order of their creation; `truncated` says whether there are more. An \
        organization that gave its first access a moment ago, and the latest service requests, may be \
        missing; the access of the caller is current.";
    const ROUTES: &[Route] =
        &[route(Method::Get, "/v1/partners/{partnerId}/dashboard", &[Role::PartnerMember])];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = PartnerDashboard;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PartnerDashboard>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let own = OwnAccess::find(context, actor, path.partner_id).await?;
        let (mut deciding, mut shown) = (BatchGet::new(), BatchGet::new());
        own.want(&mut deciding);
        let organizations = own.organizations.iter().copied();
        Names::want(&mut shown, std::iter::empty(), organizations.clone());
        organizations.clone().for_each(|id| want_counts(&mut shown, id, context.now));
        let (deciding, shown) =
            tokio::try_join!(context.table.fetch(deciding, true), context.table.fetch(shown, false))?;
        let names = Names::among(&shown, std::iter::empty(), organizations)?;
        let (mut all, mut figures) = (BTreeMap::<Month, Counts>::new(), Vec::new());
        for (organization, grant) in own.prove(context, &deciding)? {
            if !grant.level.allows(AccessAction::SeeAll) {
                continue;
            }
            let counted = counts_among(&shown, organization, context.now)?;
            let progress = Dashboard::of(&counted, context.now).all.progress;
            figures.push(OrganizationFigures { organization: names.organization(organization), progress });
            for (month, counts) in counted {
                let sums = all.entry(month).or_default();
                counts.into_iter().for_each(|(name, number)| *sums.entry(name).or_default() += number);
            }
        }
        figures.sort_by_key(|one| Reverse(one.progress.open + one.progress.waiting));
        let all = Dashboard::of(&all, context.now);
        Ok(Reply::ok(PartnerDashboard { all, organizations: figures, truncated: own.more }))
    }
}
