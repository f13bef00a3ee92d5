//! `list-organizations`

use api_runtime::table::{DeactivatedOrganizations, NamePart, NameScope, OrganizationById, Organizations};
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Organization, OrganizationId, Role};

use crate::party::{ListedState, PartyFilter};

/// Lists customer organizations.
pub struct ListOrganizations;

impl Operation for ListOrganizations {
    const NAME: &str = "list-organizations";
    const SUMMARY: &str = "List customer organizations";
    const DESCRIPTION: &str = "Operators and agents list all organizations or, with `name`, those whose name \
        matches. The list is sorted by name, ignoring case, accents and punctuation; with `name`, the best \
        matches of a page come first, and a page may contain fewer items than `pageSize`, or none, although \
        `nextPageToken` is present. `state` selects deactivated ones instead of active ones. The list is eventually consistent.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/organizations", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = PartyFilter;
    type Body = Empty;
    type Output = List<Organization>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Organization>>, Failure> {
        let Request { context, query, .. } = request;
        let page = match &query.name {
            None if query.state == ListedState::Active => context.page(&Organizations(), true).await?,
            None => context.page(&DeactivatedOrganizations(), true).await?,
            Some(name) => {
                let List { items, next_page_token } =
                    context.search_names(NameScope::Organizations, name).await?;
                let ids: Vec<OrganizationId> = items.iter().map(NamePart::id).collect::<Result<_, _>>()?;
                let items = context
                    .table
                    .fetch_all(&ids.iter().copied().map(OrganizationById).collect::<Vec<_>>())
                    .await?;
                let items = items.into_iter().filter(|party| query.state.selects(party)).collect();
                List { items, next_page_token }
            }
        };
        Ok(Reply::ok(page))
    }
}
