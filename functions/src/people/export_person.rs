//! `export-person`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Email, Faults, Role};
use schemars::JsonSchema;

use super::export::PersonExport;

/// Returns all that is stored about a person.
pub struct ExportPerson;

/// The person whose data is exported.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportPersonQuery {
    /// E-mail of the person, at most 254 bytes; compared without regard to case.
    email: Email,
}

impl Operation for ExportPerson {
    const NAME: &str = "export-person";
    const SUMMARY: &str = "Export everything stored about a person";
    const DESCRIPTION: &str = "Only operators may call it. Returns everything that is stored about the person with the e-mail: \
        all records, also removed ones, of every organization and partner and of the vendor's staff; own entitlements with details; \
        subscriptions as a contact; waiting orders that name the person; service requests and updates with the texts that the \
        person wrote; access requests and grants; preferences; and the changes that the person made. The export is paged: \
        `pageSize` is the number of items of all sections together, a page ends at one megabyte, and changes come on the last \
        pages, some of which may be empty. For an e-mail without records, all lists are empty. It has \
        neither texts that others wrote nor stored answers to earlier calls. What an index finds may \
        lack the latest changes.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/people/export", &[Role::Operator])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = ExportPersonQuery;
    type Body = Empty;
    type Output = PersonExport;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PersonExport>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        Ok(Reply::ok(Box::pin(PersonExport::read(context, actor, &query.email)).await?))
    }
}
