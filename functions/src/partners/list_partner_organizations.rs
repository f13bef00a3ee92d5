//! `list-partner-organizations`

use api_runtime::table::{Directory, DirectoryEntry, PartnerById};
use api_runtime::{
    Context, Empty, Failure, List, Method, NameFilter, Operation, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, Name, NameQuery, OrganizationId, Role};
use schemars::JsonSchema;
use serde::Serialize;

/// Lists the organizations in a partner's directory.
pub struct ListPartnerOrganizations;

/// An organization in a partner's directory.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryItem {
    /// Id of the organization.
    organization_id: OrganizationId,
    /// Display name of the organization: 1 to 200 characters.
    name: Name,
}

impl Operation for ListPartnerOrganizations {
    const NAME: &str = "list-partner-organizations";
    const SUMMARY: &str = "List the organizations in a partner's directory";
    const DESCRIPTION: &str = "Operators, agents and the partner's members may call it. The list is sorted \
        by the creation of the organization, oldest first; with `name` it contains only the organizations \
        whose name matches, best match first. The list is eventually consistent.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/organizations",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = NameFilter;
    type Body = Empty;
    type Output = List<DirectoryItem>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<DirectoryItem>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let partner = path.partner_id;
        actor.authorize_partner(partner)?;
        let page = async {
            match &query.name {
                None => context.page(&Directory(partner), true).await,
                Some(query) => best_first(context, &Directory(partner), query).await,
            }
        };
        let page = context.read_if_exists(&PartnerById(partner), page).await?;
        let item = |entry: DirectoryEntry| {
            Ok(DirectoryItem { organization_id: entry.organization_id()?, name: entry.name })
        };
        let items: Result<Vec<_>, Failure> = page.items.into_iter().map(item).collect();
        Ok(Reply::ok(List { items: items?, next_page_token: page.next_page_token }))
    }
}

/// Returns a page of the matching entries, best match first. Ranking them requires reading the whole directory.
async fn best_first(
    context: &Context<'_>,
    directory: &Directory,
    query: &NameQuery,
) -> Result<List<DirectoryEntry>, Failure> {
    let all = context.table.list(directory, false).await?.into_iter();
    let found = all.filter_map(|entry| {
        let place = query.matches(&entry.name)?.sort_key(&entry.name);
        Some((format!("{place}#{}", entry.at.sk), entry))
    });
    Ok(context.page_of_all(found.collect()))
}
