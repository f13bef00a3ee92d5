//! `get-support-dashboard`

use std::collections::BTreeMap;

use api_runtime::table::{BatchGet, MonthlyCountsOf, OrganizationById};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrNotFound, OrganizationPath, Reply, Request, Route, route,
};
use domain::dashboard::Dashboard;
use domain::{AccessAction, Actor, ErrorKind, Role};

use crate::authority::access_check::{AccessCheck, LEVEL_TOO_LOW};
use crate::party::visible;

/// Returns statistics of an organization's service requests.
pub struct GetSupportDashboard;

impl Operation for GetSupportDashboard {
    const NAME: &str = "get-support-dashboard";
    const SUMMARY: &str = "Get statistics of an organization's service requests";
    const DESCRIPTION: &str = "Operators, agents, the organization's contact managers, and partner members \
        whose access level there is `look` or above may call it. The statistics cover the service requests \
        that were submitted in the last twelve calendar months (UTC), including the current one. They \
        count them by current status, in total, by kind and by month, and give the median times to the \
        vendor's first answer and to the solution.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/dashboard",
        &[Role::Operator, Role::Agent, Role::ContactManager, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Dashboard;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Dashboard>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let OrganizationPath { organization_id } = *path;
        let access_check = AccessCheck::of(actor, organization_id)?;
        let organization = OrganizationById(organization_id);
        let mut wanted = BatchGet::new();
        wanted.add(&organization);
        access_check.iter().for_each(|access_check| access_check.want(&mut wanted));
        let months = Dashboard::months(context.now);
        let (first, last) = months.first().zip(months.last()).or_not_found()?;
        let counts = MonthlyCountsOf(organization_id, first.clone(), last.clone());
        let counts = context.table.list(&counts, true);
        let (found, counts) = tokio::try_join!(context.table.fetch(wanted, true), counts)?;
        if let Some(access_check) = access_check {
            access_check.prove(context, &found)?.check(AccessAction::SeeAll)?;
        }
        visible(actor, found.get(&organization)?)?;
        let mut counted = BTreeMap::new();
        for count in counts {
            counted.insert(count.month()?, count.counts);
        }
        Ok(Reply::ok(Dashboard::of(&counted, context.now)))
    }
}
