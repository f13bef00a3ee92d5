//! `add-partner-organization`

use api_runtime::table::{DirectoryEntry, OrganizationById, PartnerById};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::event::CustomerLinked;
use domain::{Actor, CustomerLink, Faults, Metadata, NewEvent, OrganizationId, PartnerId, Role};
use schemars::JsonSchema;

/// Puts an organization into a partner's directory.
pub struct AddPartnerOrganization;

/// Whom to link.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct PartnerOrganizationPath {
    /// The partner.
    partner_id: PartnerId,
    /// The organization.
    organization_id: OrganizationId,
}

impl Operation for AddPartnerOrganization {
    const NAME: &str = "add-partner-organization";
    const ABOUT: &str =
        "Add an organization to a partner's directory. Idempotent: succeeds if it is there already.";
    const ROUTES: &[Route] =
        &[route(Method::Put, "/v1/partners/{partnerId}/organizations/{organizationId}", &[Role::Operator])];
    const CREATES: bool = true;

    type Caller = Actor;
    type Path = PartnerOrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = CustomerLink;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<CustomerLink>, Failure> {
        let Request { context, path, .. } = request;
        let PartnerOrganizationPath { partner_id, organization_id } = *path;
        let organization = context.table.get(&OrganizationById(organization_id)).await?;
        let name = organization.or_not_found()?.name;
        let customer = CustomerLink {
            partner_id,
            organization_id,
            name: name.clone(),
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        change.require(&PartnerById(partner_id), || ConditionFailure::NotFound);
        let already_done = |_| ConditionFailure::AlreadyDone;
        let existing = change.create_or_confirm(&customer, context.if_match(), already_done)?;
        change.put(&DirectoryEntry::of(&customer))?;
        change.record(NewEvent::of_both(CustomerLinked { name }, partner_id, organization_id));

        let location = format!("/v1/partners/{partner_id}/organizations/{organization_id}");
        context.commit_or_confirm(change, Answer::created(location, customer), existing, |link| link).await
    }
}
