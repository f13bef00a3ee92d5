//! `list-detail-fields`

use api_runtime::table::DetailFields;
use api_runtime::{
    ArchivedQuery, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route,
};
use domain::{Actor, DetailField, Role};

/// Lists detail fields.
pub struct ListDetailFields;

impl Operation for ListDetailFields {
    const NAME: &str = "list-detail-fields";
    const SUMMARY: &str = "List detail fields";
    const DESCRIPTION: &str = "Operators see all fields; agents, partner members and customers those whose \
        `viewers` contain their role. Unarchived fields, at most 50, are always returned on one page, in \
        display order. With `archived=true`, only archived fields are returned, in the order in which they \
        were created, page by page.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/detail-fields",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = ArchivedQuery;
    type Body = Empty;
    type Output = List<DetailField>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<DetailField>>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        let archived = query.archived.is_on();
        let wanted =
            |field: &DetailField| field.archived_at.is_some() == archived && field.is_visible_to(actor);
        let mut items = DetailField::in_order(context.table.list(&DetailFields(), true).await?);
        items.retain(wanted);
        if archived {
            let placed = items.into_iter().map(|field| (field.id.to_string(), field)).collect();
            return Ok(Reply::ok(context.page_of_all(placed)));
        }
        Ok(Reply::ok(List { items, next_page_token: None }))
    }
}
