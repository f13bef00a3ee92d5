//! `get-detail-field`

use api_runtime::table::DetailFields;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use domain::{Actor, DetailField, Role};

use super::DetailFieldPath;

/// Returns a detail field.
pub struct GetDetailField;

impl Operation for GetDetailField {
    const NAME: &str = "get-detail-field";
    const SUMMARY: &str = "Get a detail field";
    const DESCRIPTION: &str = "Operators read any field, archived ones included; agents, partner members and \
        customers those whose `viewers` contain their role. For everyone else the field does not exist (404).";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/detail-fields/{fieldId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];

    type Caller = Actor;
    type Path = DetailFieldPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = DetailField;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DetailField>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        // A field is stored under its name, which its id does not tell.
        let fields = context.table.list(&DetailFields(), true).await?;
        let mut fields = fields.into_iter().filter(|field| field.is_visible_to(actor));
        Ok(Reply::ok(fields.find(|field| field.id == path.field_id).or_not_found()?))
    }
}
