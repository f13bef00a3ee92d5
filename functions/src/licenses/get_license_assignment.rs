//! `get-license-assignment`

use api_runtime::table::AssignmentOfPartner;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Assignment, AssignmentId, Faults, PartnerId, Role};
use schemars::JsonSchema;

/// Shows a license assignment.
pub struct GetLicenseAssignment;

/// Which.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct AssignmentPath {
    /// The partner.
    partner_id: PartnerId,
    /// The assignment.
    assignment_id: AssignmentId,
}

impl Operation for GetLicenseAssignment {
    const NAME: &str = "get-license-assignment";
    const ABOUT: &str = "Shows what was handed over in one assignment, to whom, and when.";
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
