//! `add-partner-organization`

use api_runtime::table::{BatchGet, OrganizationById, PartnerOrganizationLink};
use api_runtime::{
    Answer, Change, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::deactivation::{ORGANIZATION_DEACTIVATED, PARTNER_DEACTIVATED};
use domain::{Actor, EntryOrigin, ErrorKind, Faults, OrganizationId, PartnerId, PartnerOrganization, Role};
use schemars::JsonSchema;

use crate::party::{add_to_directory, require_active_organization, require_active_partner};

/// Adds an organization to a partner's directory.
pub struct AddPartnerOrganization;

/// Path of an organization in a partner's directory.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct PartnerOrganizationPath {
    /// Partner whose directory it is.
    pub(super) partner_id: PartnerId,
    /// Organization that is added or removed.
    pub(super) organization_id: OrganizationId,
}

impl Operation for AddPartnerOrganization {
    const NAME: &str = "add-partner-organization";
    const SUMMARY: &str = "Add an organization to a partner's directory";
    const DESCRIPTION: &str = "Only operators may call it. The partner's members can then read the \
        organization and assign licenses to it, until it is removed (`remove-partner-organization`). \
        Idempotent: if the organization is in the directory already, the existing entry is returned (200 \
        instead of 201). An organization that was removed is added again. Records \
        `partner.organization-added`, as do the creation of an organization for the partner, an order of the \
        partner, and the transfer of a subscription to it, if they add an organization to the directory.";
    const ROUTES: &[Route] =
        &[route(Method::Put, "/v1/partners/{partnerId}/organizations/{organizationId}", &[Role::Operator])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[PARTNER_DEACTIVATED, ORGANIZATION_DEACTIVATED];

    type Caller = Actor;
    type Path = PartnerOrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = PartnerOrganization;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PartnerOrganization>, Failure> {
        let Request { context, path, .. } = request;
        let PartnerOrganizationPath { partner_id, organization_id } = *path;
        let organization = OrganizationById(organization_id);
        let entry = PartnerOrganizationLink(partner_id, organization_id);
        let mut wanted = BatchGet::new();
        wanted.add(&organization);
        wanted.add(&entry);
        let found = context.table.fetch(wanted, true).await?;
        let organization = found.get(&organization).or_not_found()?;
        let before = found.get(&entry)?;

        let mut change = Change::new();
        require_active_partner(&mut change, partner_id, None);
        if let Some(existing) = before.as_ref().filter(|entry| entry.is_listed()) {
            change.confirm(existing, existing.metadata.version, context.if_match())?;
            return context.commit(change, Answer::ok(existing.clone())).await;
        }
        require_active_organization(&mut change, organization_id);
        let place = (partner_id, &organization);
        let mode = (context.now, context.if_match());
        let entry = add_to_directory(&mut change, place, before, EntryOrigin::Operator, mode)?;
        let location = format!("/v1/partners/{partner_id}/organizations/{organization_id}");
        context.commit(change, Answer::created(location, entry)).await
    }
}
