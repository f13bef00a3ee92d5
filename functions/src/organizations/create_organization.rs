//! `create-organization`

use api_runtime::table::{NameScope, Reservation};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::event::OrganizationCreated;
use domain::{
    Actor, EntryOrigin, ErrorKind, ExternalId, Faults, Metadata, Name, NewEvent, Organization, PartnerId,
    Role, TimeZone,
};
use schemars::JsonSchema;

use crate::authority::own_record::require_admin;
use crate::party::{UNKNOWN_PARTNER, add_to_directory, require_active_partner};

/// Creates a customer organization, optionally in a partner's directory.
pub struct CreateOrganization;

const TAKEN: ErrorKind =
    ErrorKind::state("external-id-taken", "another organization of the same creator has this external id");
const PARTNER_REQUIRED: ErrorKind =
    ErrorKind::rule("partner-required", "a partner admin must name their own partner as `partnerId`");

/// Request body: the organization to create.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOrganizationBody {
    /// Display name: 1 to 200 characters.
    name: Name,
    /// Id of the organization in the creator's own system: 1 to 100 characters, unique among the organizations that the
    /// same partner, or the vendor, created. Optional; visible only to the creator and the vendor.
    #[deserr(default)]
    external_id: Option<ExternalId>,
    /// Partner into whose directory the organization is put. Required of a partner's admin, who must name their own
    /// partner; optional for operators.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
    /// IANA time zone, such as `Asia/Tokyo`, in which the organization's days and the terms of its subscriptions and
    /// licenses are counted. If absent, UTC.
    #[deserr(default)]
    time_zone: Option<TimeZone>,
}

impl Operation for CreateOrganization {
    const NAME: &str = "create-organization";
    const SUMMARY: &str = "Create a customer organization";
    const DESCRIPTION: &str = "Operators may create any organization, partner admins only one in the \
        directory of their own partner. With `partnerId` the organization becomes a customer of that partner \
        in the same transaction. An `externalId` that the same creator gave to another organization is \
        refused (409 `external-id-taken`). Records `organization.created` and, with `partnerId`, \
        `partner.organization-added`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations", &[Role::Operator, Role::PartnerAdmin])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[TAKEN, PARTNER_DEACTIVATED, PARTNER_REQUIRED, UNKNOWN_PARTNER];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<CreateOrganizationBody>;
    type Output = Organization;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Organization>, Failure> {
        let Request { context, caller: actor, body, .. } = request;
        let Json(CreateOrganizationBody { name, external_id, partner_id, time_zone }) = body;
        // An external id must be unique among those of the same giver: a partner, or the vendor (`None`).
        let giver = match actor.kind {
            ActorKind::Partner { partner, .. } => {
                let named = partner_id.ok_or_else(|| PARTNER_REQUIRED.refuse(&[&"partnerId"]))?;
                if named != partner {
                    return Err(UNKNOWN_PARTNER.refuse(&[&"partnerId"]).into());
                }
                Some(partner)
            }
            _ => None,
        };
        let organization = Organization {
            id: context.id(),
            name: name.clone(),
            external_id: external_id.clone(),
            created_by: giver,
            time_zone: *time_zone,
            deactivated_at: None,
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        if let Some(partner) = giver {
            require_admin(&mut change, actor, partner, None)?;
        }
        change.create(&organization)?;
        change.index_name(NameScope::Organizations, organization.id, name, context.now)?;
        if let Some(external_id) = external_id {
            let reservation = Reservation::organization_external_id(giver, external_id, organization.id);
            change
                .create_or_reject(&reservation, |_| ConditionFailure::rejected(&TAKEN, &[&"externalId"]))?;
        }
        let created = OrganizationCreated { name: name.clone(), time_zone: *time_zone };
        let created = NewEvent::of_organization(created, organization.id);
        change.record(created.about(organization.metadata));
        if let Some(partner_id) = *partner_id {
            require_active_partner(&mut change, partner_id, Some("partnerId"));
            let place = (partner_id, &organization);
            add_to_directory(&mut change, place, None, EntryOrigin::Creation, (context.now, None))?;
        }

        let location = format!("/v1/organizations/{}", organization.id);
        context.commit(change, Answer::created(location, organization)).await
    }
}
