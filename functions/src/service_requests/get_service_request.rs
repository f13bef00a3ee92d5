//! `get-service-request`

use api_runtime::table::{
    BatchGet, EntitlementOf, EntitlementsOf, ItemFilter, ListPattern, OrganizationById, PageQuery,
    SubscriptionsOf,
};
use api_runtime::{
    Context, Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route,
};
use domain::{
    AccessAction, Actor, Email, Entitlement, EntitlementStatus, OrganizationId, Owner, Role, Subscription,
    TimeZone, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{ServiceRequestView, view};
use super::{ServiceRequestLookup, ServiceRequestPath};
use crate::authority::viewer::Visibility;
use crate::entitlements::{EntitlementView, read_fields};

/// Returns a service request with its organization's entitlements.
pub struct GetServiceRequest;

/// A service request with the entitlements of its organization.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestDetail {
    /// The service request.
    #[serde(flatten)]
    request: ServiceRequestView,
    /// E-mails of contacts who may no longer see the service request in their role, because their access ended or was
    /// lowered or their record was removed. Only contacts whom the caller sees are listed.
    former_contacts: Vec<Email>,
    /// IANA time zone that applies to the service request: its `timeZone`, else the organization's, else `UTC`.
    effective_time_zone: TimeZone,
    /// Entitlements of the organization that have not ended, oldest first, at most 50, with the details that
    /// the caller may view. A partner sees those of subscriptions that it manages and those without a subscription, and
    /// none if its member's access level is below `look`.
    entitlements: Vec<EntitlementView>,
    /// Whether the caller may see more entitlements than are listed; `get-profile-of-organization` returns all of them to the
    /// organization's customers, operators and agents.
    more_entitlements: bool,
}

impl Output for ServiceRequestDetail {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.request.version()
    }
}

/// Maximum number of entitlements in the answer.
const MAX_ENTITLEMENTS: usize = 50;

impl Operation for GetServiceRequest {
    const NAME: &str = "get-service-request";
    const SUMMARY: &str = "Get a service request with its organization's entitlements";
    const DESCRIPTION: &str = "Operators, agents, customers of the organization, and partner members may \
        call it; a partner member whose access level there is below `look` sees only service requests that \
        it submitted or was added to. The answer includes at most 50 entitlements that have not ended and that \
        the caller may see, and the contacts who have lost access. A partner sees another partner's people \
        as `partnerName` and \"a member\", unless the person is the primary contact.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = ServiceRequestPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = ServiceRequestDetail;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestDetail>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let ServiceRequestPath { organization_id, service_request_id } = *path;
        let lookup = ServiceRequestLookup::of(actor, organization_id, service_request_id)?;
        let mut wanted = BatchGet::new();
        lookup.want(&mut wanted);
        wanted.add(&OrganizationById(organization_id));
        let found = async { Ok(context.table.fetch(wanted, true).await?) };
        let owned = visible_entitlements(context, actor, organization_id);
        let (found, owned, fields) = tokio::try_join!(found, owned, read_fields(context))?;
        let (request, member) = lookup.find(context, &found)?;
        let own_time_zone = request.time_zone;
        let ((mut owned, more), request) =
            tokio::try_join!(owned.complete(context), view(context, actor, request))?;
        let organization = found.get(&OrganizationById(organization_id))?;
        let of_organization = organization.and_then(|one| one.time_zone);
        let effective_time_zone = own_time_zone.or(of_organization).unwrap_or_default();
        let all = member.is_none_or(|member| member.level().allows(AccessAction::SeeAll));
        owned.retain(|_| all);
        let views = owned.into_iter().map(|one| EntitlementView::to(actor, one, &fields, context.now));
        let (entitlements, more_entitlements) = (views.collect(), all && more);
        Ok(Reply::ok(ServiceRequestDetail {
            former_contacts: request.former_contacts(),
            request,
            effective_time_zone,
            entitlements,
            more_entitlements,
        }))
    }
}

/// The first entitlements of an organization that the caller sees and that have not ended: `read` holds those that were
/// listed, `given` the keys of those that come from the partner's subscriptions.
struct VisibleEntitlements {
    read: Vec<Entitlement>,
    given: Vec<EntitlementOf>,
    more: bool,
}

impl VisibleEntitlements {
    /// Reads the remaining entitlements and returns all, oldest first, and whether there are more.
    async fn complete(self, context: &Context<'_>) -> Result<(Vec<Entitlement>, bool), Failure> {
        let Self { read: mut items, given, more } = self;
        let mut wanted = BatchGet::new();
        given.iter().for_each(|lookup| wanted.add(lookup));
        let found = context.table.fetch(wanted, false).await?;
        for lookup in given {
            items.extend(found.get(&lookup)?);
        }
        items.sort_by_key(|one| one.id);
        let more = more || items.len() > MAX_ENTITLEMENTS;
        items.truncate(MAX_ENTITLEMENTS);
        Ok((items, more))
    }
}

/// Reads the entitlements of an organization that the caller sees.
async fn visible_entitlements(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
) -> Result<VisibleEntitlements, Failure> {
    let owner = Owner::Organization(organization);
    let all = EntitlementsOf(owner);
    let is_owned = |one: &Entitlement| one.status(context.now) != EntitlementStatus::Ended;
    if !actor.has_one_of(&[Role::PartnerMember]) {
        let (read, more) = first(context, &all, false, &is_owned).await?;
        return Ok(VisibleEntitlements { read, given: Vec::new(), more });
    }
    // A partner manages few of many subscriptions, so its entitlements are found through its subscriptions, with
    // consistent reads.
    let visibility = Visibility::by_caller_kind(actor);
    let without_subscription = |one: &Entitlement| one.subscription_id.is_none() && is_owned(one);
    let sold = |one: &Subscription| visibility.sees(one) && is_owned(&one.new_entitlement());
    let subscriptions = SubscriptionsOf(organization);
    let ((read, more), (sold, more_sold)) = tokio::try_join!(
        first(context, &all, false, &without_subscription),
        first(context, &subscriptions, true, &sold),
    )?;
    let given = sold.iter().map(|one| EntitlementOf(owner, one.id.entitlement())).collect();
    Ok(VisibleEntitlements { read, given, more: more || more_sold })
}

/// Returns the first items of a list that pass the filter, at most as many as are shown, and whether there are more.
async fn first<L: ListPattern>(
    context: &Context<'_>,
    listing: &L,
    consistent: bool,
    wanted: ItemFilter<'_, L::Entity>,
) -> Result<(Vec<L::Entity>, bool), Failure> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page_query =
            PageQuery { size: MAX_ENTITLEMENTS + 1 - items.len(), ascending: true, after, consistent };
        let page = context.table.page(listing, &page_query, Some(wanted)).await?;
        items.extend(page.items);
        let more = items.len() > MAX_ENTITLEMENTS;
        if more || page.next.is_none() {
            items.truncate(MAX_ENTITLEMENTS);
            return Ok((items, more));
        }
        after = page.next;
    }
}
