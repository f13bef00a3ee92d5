//! `get-service-request`

use api_runtime::table::{BatchGet, EntitlementOf, EntitlementsOf, OrganizationById, SubscriptionsOf};
use api_runtime::{
    Context, Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route,
};
use domain::{
    AccessAction, Actor, Email, Entitlement, EntitlementStatus, OrganizationId, Owner, Role, Subscription,
    TimeZone, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::first_items::{MAX_ITEMS, first};
use super::view::{ServiceRequestView, view, viewer_partner_of};
use super::work_item::{ItemNames, OwnedProduct, read_licenses, read_own};
use super::{ServiceRequestLookup, ServiceRequestPath};
use crate::authority::viewer::Visibility;
use crate::entitlements::read_fields;
use crate::licenses::list_organization_licenses::OrganizationLicenseView;

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
    entitlements: Vec<OwnedProduct>,
    /// Whether the caller may see more entitlements than are listed; `get-profile-of-organization` returns all of them to the
    /// organization's customers, operators and agents.
    more_entitlements: bool,
    /// Entitlements that the primary contact itself owns and that have not ended, oldest first, at most 50, with the details
    /// that the caller may view. Absent for callers other than operators, agents and the contact itself, and if the
    /// contact has no customer record.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_entitlements: Option<Vec<OwnedProduct>>,
    /// Whether the primary contact owns more than are listed. Absent with `contactEntitlements`.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_contact_entitlements: Option<bool>,
    /// Licenses of the organization that have not expired, from at most 50 of its newest 200 assignments, oldest first. A partner sees those
    /// that it assigned, and none if its member's access level is below `look`.
    licenses: Vec<OrganizationLicenseView>,
    /// Whether there may be more assignments than are listed; `list-organization-licenses` returns all licenses.
    more_licenses: bool,
}

impl Output for ServiceRequestDetail {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.request.version()
    }
}

impl Operation for GetServiceRequest {
    const NAME: &str = "get-service-request";
    const SUMMARY: &str = "Get a service request with its organization's entitlements";
    const DESCRIPTION: &str = "Operators, agents, customers of the organization, and partner members may \
        call it; a partner member whose access level there is below `look` sees only service requests that \
        it submitted or was added to. The answer includes at most 50 entitlements that have not ended and that \
        the caller may see, with their products, the licenses of the organization, and the contacts who have \
        lost access; operators, agents and a customer who is the primary contact also get the entitlements that \
        the primary contact itself owns. A partner sees another partner's people \
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
        let licenses = read_licenses(context, organization_id, viewer_partner_of(actor));
        let (found, owned, fields, licenses) =
            tokio::try_join!(found, owned, read_fields(context), licenses)?;
        let (request, member) = lookup.find(context, &found)?;
        let own_time_zone = request.time_zone;
        let primary_contact = request.primary_contact.clone();
        let ((mut owned, more), own, request) = tokio::try_join!(
            owned.complete(context),
            read_own(context, actor, &primary_contact),
            view(context, actor, request)
        )?;
        let organization = found.get(&OrganizationById(organization_id))?;
        let of_organization = organization.and_then(|one| one.time_zone);
        let effective_time_zone = own_time_zone.or(of_organization).unwrap_or_default();
        let all = member.is_none_or(|member| member.level().allows(AccessAction::SeeAll));
        owned.retain(|_| all);
        let of_contact = own.iter().flat_map(|(own, _)| own);
        let names = ItemNames::read(context, owned.iter().chain(of_contact), &licenses).await?;
        // The terms of licenses count in the organization's time zone.
        let (mut licenses, more_licenses) =
            names.licensed(context, licenses, of_organization.unwrap_or_default())?;
        licenses.retain(|_| all);
        let (own, more_own) = own.unzip();
        let contact_entitlements = own.map(|own| names.owned(context, actor, own, &fields)).transpose()?;
        Ok(Reply::ok(ServiceRequestDetail {
            former_contacts: request.former_contacts(),
            request,
            effective_time_zone,
            entitlements: names.owned(context, actor, owned, &fields)?,
            more_entitlements: all && more,
            contact_entitlements,
            more_contact_entitlements: more_own,
            licenses,
            more_licenses: all && more_licenses,
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
        let more = more || items.len() > MAX_ITEMS;
        items.truncate(MAX_ITEMS);
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
