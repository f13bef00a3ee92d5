//! `get-license-assignment`

use api_runtime::table::{AssignmentOfPartner, BatchGet, LicenseTypeByCode, OrganizationById};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrNotFound, Output, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::{
    Actor, Assignment, AssignmentId, Faults, LicenseTypeCode, Name, OrganizationId, PartnerId, Period, Role,
    Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party, visible};

/// Returns a license assignment.
pub struct GetLicenseAssignment;

/// Path of a license assignment.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct AssignmentPath {
    /// Partner that assigned the licenses.
    partner_id: PartnerId,
    /// Id of the assignment.
    assignment_id: AssignmentId,
}

/// A license assignment with the names that a page shows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentDetail {
    /// The assignment.
    #[serde(flatten)]
    assignment: Assignment,
    /// Partner from whose pools the licenses were assigned, with its name.
    partner: Party<PartnerId>,
    /// Organization to which the licenses were assigned, with its name.
    organization: Party<OrganizationId>,
    /// License types of the lines, in their order.
    license_types: Vec<AssignedType>,
}

/// A license type of an assignment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AssignedType {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Display name: 1 to 200 characters.
    name: Name,
    /// Term of a license from its assignment on: an ISO 8601 duration such as `P1Y`.
    term: Period,
}

impl Output for AssignmentDetail {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.assignment.metadata.version)
    }
}

impl Operation for GetLicenseAssignment {
    const NAME: &str = "get-license-assignment";
    const SUMMARY: &str = "Get a license assignment";
    const DESCRIPTION: &str = "Operators and agents may read every assignment, partner members those of \
        their partner; for everyone else it does not exist (404). The answer names the organization, the \
        licenses and the time of the assignment, which never change, with the current names.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/license-assignments/{assignmentId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = AssignmentPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = AssignmentDetail;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AssignmentDetail>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let AssignmentPath { partner_id, assignment_id } = *path;
        actor.authorize_partner(partner_id)?;
        let assignment = context.table.get(&AssignmentOfPartner(partner_id, assignment_id)).await;
        let assignment = assignment.or_not_found()?;
        let (partners, organizations) = ([partner_id].into_iter(), [assignment.organization_id].into_iter());
        let mut wanted = BatchGet::new();
        Names::want(&mut wanted, partners.clone(), organizations.clone());
        assignment.lines.iter().for_each(|line| wanted.add(&LicenseTypeByCode(line.license_type.clone())));
        let found = context.table.fetch(wanted, false).await?;
        let names = Names::among(&found, partners, organizations)?;
        let mut license_types = Vec::new();
        for line in assignment.lines.iter() {
            let kind = found.get(&LicenseTypeByCode(line.license_type.clone()))?;
            license_types.extend(kind.map(|kind| AssignedType {
                license_type: kind.code,
                name: kind.name,
                term: kind.term,
            }));
        }
        let organization_id = assignment.organization_id;
        let organization = match visible(actor, found.get(&OrganizationById(organization_id))?) {
            Ok(_) => names.organization(organization_id),
            // Only the vendor's staff see a deactivated organization.
            Err(_) => Party { id: organization_id, name: None },
        };
        let partner = names.partner(partner_id);
        Ok(Reply::ok(AssignmentDetail { assignment, partner, organization, license_types }))
    }
}
