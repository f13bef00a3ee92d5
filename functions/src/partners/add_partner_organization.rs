//! `add-partner-organization`

use api_runtime::table::{OrganizationById, PartnerById};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::event::PartnerOrganizationAdded;
use domain::{Actor, Faults, Metadata, NewEvent, OrganizationId, PartnerId, PartnerOrganization, Role};
use schemars::JsonSchema;

use crate::party::list_in_directory;

/// Adds an organization to a partner's directory.
pub struct AddPartnerOrganization;

/// Path of an organization in a partner's directory.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct PartnerOrganizationPath {
    /// Partner to whose directory the organization is added.
    partner_id: PartnerId,
    /// Organization that is added.
    organization_id: OrganizationId,
}

impl Operation for AddPartnerOrganization {
    const NAME: &str = "add-partner-organization";
    const SUMMARY: &str = "Add an organization to a partner's directory";
    const DESCRIPTION: &str = "Only operators may call it. The partner's members can then read the \
        organization and assign licenses to it. An entry cannot be removed again. Idempotent: if the \
        organization is in the directory already, the existing entry is returned (200 instead of 201). \
        Records `partner.organization-added`.";
    const ROUTES: &[Route] =
        &[route(Method::Put, "/v1/partners/{partnerId}/organizations/{organizationId}", &[Role::Operator])];
    const CREATES: bool = true;

    type Caller = Actor;
    type Path = PartnerOrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = PartnerOrganization;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PartnerOrganization>, Failure> {
        let Request { context, path, .. } = request;
        let PartnerOrganizationPath { partner_id, organization_id } = *path;
        let organization = context.table.get(&OrganizationById(organization_id)).await?;
        let name = organization.or_not_found()?.name;
        let customer = PartnerOrganization {
            partner_id,
            organization_id,
            name: name.clone(),
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        change.require(&PartnerById(partner_id), || ConditionFailure::NotFound);
        let already_done = |_| ConditionFailure::AlreadyDone;
        let existing = change.create_or_confirm(&customer, context.if_match(), already_done)?;
        list_in_directory(&mut change, &customer)?;
        let added = NewEvent::of_both(PartnerOrganizationAdded { name }, partner_id, organization_id);
        change.record(added.at_version(customer.metadata.version));

        let location = format!("/v1/partners/{partner_id}/organizations/{organization_id}");
        context.commit_or_confirm(change, Answer::created(location, customer), existing, |link| link).await
    }
}
