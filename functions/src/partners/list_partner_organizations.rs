//! `list-partner-organizations`

use api_runtime::table::{Directory, Error, NameScope, PartnerById};
use api_runtime::{
    Empty, Failure, List, Method, NameFilter, Operation, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, Name, OrganizationId, Role};
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
    const DESCRIPTION: &str = "Operators, agents and the partner's members may call it. Organizations to \
        which only a grant gives the partner access are not in the directory; `list-partner-access` lists \
        those. The list is sorted by the creation of the organization, oldest first. With `name` it contains \
        only the organizations whose name matches, the best matches of a page first, and a page may contain \
        fewer items than `pageSize`, or none, although `nextPageToken` is present. The list is eventually \
        consistent.";
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
        let (items, next_page_token) = match &query.name {
            None => {
                let directory = Directory(partner);
                let page = context.page(&directory, true);
                let List { items, next_page_token } =
                    context.read_if_exists(&PartnerById(partner), page).await?;
                let items = items.into_iter().map(|entry| Ok((entry.organization_id()?, entry.name)));
                (items.collect::<Result<Vec<_>, Error>>()?, next_page_token)
            }
            Some(name) => {
                let scope = NameScope::Directory(partner);
                let List { items, next_page_token } = context.search_names(scope, name).await?;
                let items = items.into_iter().map(|part| Ok((part.id()?, part.name)));
                (items.collect::<Result<Vec<_>, Error>>()?, next_page_token)
            }
        };
        let items = items.into_iter().map(|(organization_id, name)| DirectoryItem { organization_id, name });
        Ok(Reply::ok(List { items: items.collect(), next_page_token }))
    }
}
