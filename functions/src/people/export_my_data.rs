//! `export-my-data`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::export::PersonExport;

/// Returns all that is stored about the caller.
pub struct ExportMyData;

impl Operation for ExportMyData {
    const NAME: &str = "export-my-data";
    const SUMMARY: &str = "Export everything stored about the caller";
    const DESCRIPTION: &str = "Anyone with a verified e-mail may call it, also a person whose records were removed, while the token is \
        valid. Returns what `export-person` returns for the caller's own e-mail, of every organization and partner, but only the \
        details of entitlements that the caller's role may view, in pages. What others wrote is not in it.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/me/export",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::ContactManager, Role::Customer],
    )];
    const PAGED: bool = true;

    const OPEN_TO_INACTIVE: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = PersonExport;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PersonExport>, Failure> {
        let Request { context, caller: actor, .. } = request;
        Ok(Reply::ok(Box::pin(PersonExport::read(context, actor, &actor.require_email()?)).await?))
    }
}
