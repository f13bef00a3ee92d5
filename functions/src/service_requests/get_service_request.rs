//! `get-service-request`

use aws::http::body::Empty;
use aws::operation::{Method, Nothing, Output, route};
use aws::table::pattern::EntitlementsOf;
use aws::table::{Cut, Wanted};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use domain::access::Act;
use domain::{Actor, EntitlementStatus, Owner, Role, ServiceRequest, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{OfServiceRequest, Sought};
use crate::entitlements::{Shown, read_fields};

/// Shows a service request.
pub struct GetServiceRequest;

/// A service request, and what its organization is entitled to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkItem {
    /// The service request.
    #[serde(flatten)]
    request: ServiceRequest,
    /// What the organization owns now or will own, with the details that the caller may view; to whom only single
    /// service requests are open, nothing.
    entitlements: Vec<Shown>,
    /// Whether there are more: `get-profile` shows all.
    more_entitlements: bool,
}

impl Output for WorkItem {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.request.stamp.version)
    }
}

/// As many entitlements are shown.
const SHOWN: usize = 50;

impl Operation for GetServiceRequest {
    const NAME: &str = "get-service-request";
    const ABOUT: &str = "Shows a service request, with what its organization is entitled to.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = OfServiceRequest;
    type Query = Nothing;
    type Body = Empty;
    type Output = WorkItem;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<WorkItem>, Failure> {
        let sought = Sought::of(actor, &input.path)?;
        let mut wanted = Wanted::new();
        sought.want(&mut wanted);
        let found = async { Ok(context.table.fetch(wanted, true).await?) };
        let owned = async {
            let cut = Cut { size: SHOWN, ascending: true, after: None, consistent: false };
            let owner = Owner::Organization(input.path.organization_id);
            Ok(context.table.page(&EntitlementsOf(owner), &cut, None).await?)
        };
        let (found, owned, fields) = tokio::try_join!(found, owned, read_fields(context, false))?;
        let (request, held) = sought.find(context, &found)?;
        let all = held.is_none_or(|held| held.level().opens(Act::SeeAll));
        let shown =
            owned.items.into_iter().filter(|one| all && one.status(context.now) != EntitlementStatus::Ended);
        let shown = shown.map(|one| Shown::to(actor, one, &fields, context.now));
        let (entitlements, more_entitlements) = (shown.collect(), all && owned.next.is_some());
        Ok(Answer::ok(WorkItem { request, entitlements, more_entitlements }))
    }
}
