//! `get-license-assignment`

use api_runtime::table::AssignmentOfPartner;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Assignment, AssignmentId, Faults, PartnerId, Role};
use schemars::JsonSchema;

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

impl Operation for GetLicenseAssignment {
    const NAME: &str = "get-license-assignment";
    const SUMMARY: &str = "Get a license assignment";
    const DESCRIPTION: &str = "Operators and agents may read every assignment, partner members those of \
        their partner; for everyone else it does not exist (404). The answer names the organization, the \
        licenses and the time of the assignment, which never change.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/license-assignments/{assignmentId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = AssignmentPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Assignment;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Assignment>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let AssignmentPath { partner_id, assignment_id } = *path;
        actor.authorize_partner(partner_id)?;
        let assignment = context.table.get(&AssignmentOfPartner(partner_id, assignment_id)).await?;
        Ok(Reply::ok(assignment.or_not_found()?))
    }
}
