//! `list-partners`

use api_runtime::table::{DeactivatedPartners, NamePart, NameScope, PartnerById, Partners};
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Partner, PartnerId, Role};

use crate::party::{ListedState, PartyFilter};

/// Lists partners.
pub struct ListPartners;

impl Operation for ListPartners {
    const NAME: &str = "list-partners";
    const SUMMARY: &str = "List partners";
    const DESCRIPTION: &str = "Operators and agents list all partners or, with `name`, those whose name \
        matches. The list is sorted by name, ignoring case, accents and punctuation; with `name`, the best \
        matches of a page come first, and a page may contain fewer items than `pageSize`, or none, although \
        `nextPageToken` is present. `state` selects deactivated ones instead of active ones. The list is eventually consistent.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/partners", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = PartyFilter;
    type Body = Empty;
    type Output = List<Partner>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Partner>>, Failure> {
        let Request { context, query, .. } = request;
        let page = match &query.name {
            None if query.state == ListedState::Active => context.page(&Partners(), true).await?,
            None => context.page(&DeactivatedPartners(), true).await?,
            Some(name) => {
                let List { items, next_page_token } = context.search_names(NameScope::Partners, name).await?;
                let ids: Vec<PartnerId> = items.iter().map(NamePart::id).collect::<Result<_, _>>()?;
                let items = context
                    .table
                    .fetch_all(&ids.iter().copied().map(PartnerById).collect::<Vec<_>>())
                    .await?;
                let items = items.into_iter().filter(|party| query.state.selects(party)).collect();
                List { items, next_page_token }
            }
        };
        Ok(Reply::ok(page))
    }
}
