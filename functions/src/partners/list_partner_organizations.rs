//! `list-partner-organizations`

use api_runtime::table::{Error, NameScope};
use api_runtime::{Empty, Failure, List, Method, Operation, PartnerPath, Reply, Request, Route, route};
use deserr::Deserr;
use domain::fault::{Check, Validated};
use domain::{Actor, ErrorKind, Faults, NameQuery, ParseError, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::directory_item::DirectoryItem;
use super::directory_page::{Caller, Listed, page_by_creation, page_by_name};
use crate::sorting::TOO_MANY_TO_SORT;

/// Lists the organizations that a partner serves.
pub struct ListPartnerOrganizations;

/// Search text and order of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListPartnerOrganizationsQuery {
    /// Name to search for in the partner's directory: 1 to 200 characters. Each of its words, in any order, must begin a
    /// word of the name, or adjacent words joined; in a script without spaces it may begin anywhere. Case, width,
    /// accents, umlauts, kana, marks and old forms of letters do not matter, and kana are found by their romanization. A
    /// word of 5 to 8 letters may have one typing error, a longer one two; digits match exactly. Company forms and
    /// connectors need not match. If absent, all organizations are listed.
    #[deserr(default)]
    name: Option<NameQuery>,
    /// Order of the organizations. Cannot be combined with `name`. Default: `createdAt`.
    #[deserr(default)]
    #[schemars(default)]
    sort: DirectorySort,
}

/// Order of the organizations that a partner serves.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
enum DirectorySort {
    /// By the creation of the organization, oldest first.
    #[default]
    CreatedAt,
    /// By the name of the organization, ignoring case, accents and punctuation.
    Name,
}

impl Check for ListPartnerOrganizationsQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let both = sent.get("name").is_some() && sent.get("sort").is_some();
        let invalid =
            ParseError::new("invalid", "cannot be combined with `name`, which lists the best matches first");
        both.then(|| ("/sort".to_owned(), invalid)).into_iter().collect()
    }
}

impl Operation for ListPartnerOrganizations {
    const NAME: &str = "list-partner-organizations";
    const SUMMARY: &str = "List the organizations that a partner serves";
    const DESCRIPTION: &str = "Operators, agents and the partner's members may call it. Returns the \
        organizations in the partner's directory and, without `name`, those to which only a grant gives the \
        caller access now; operators and agents see those to which any of the partner's people has access. \
        For a member on the partner's record, each item has the member's own level and expiry, the pending \
        requests and the mail preference. The list is sorted by the creation of the organization, oldest \
        first, or by name with `sort=name`, for which the partner may have at most 5,000 organizations in its \
        directory and access to 1,000 (422 `too-many-to-sort`). With `name` the list contains only the \
        organizations of the directory whose name matches, the best matches of a page first. A page may \
        contain fewer items than `pageSize`, or none, although `nextPageToken` is present. The list of \
        organizations is eventually consistent; levels, requests and preferences are current.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/organizations",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Validated<ListPartnerOrganizationsQuery>;
    type Body = Empty;
    type Output = List<DirectoryItem>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<DirectoryItem>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let (partner, Validated(ListPartnerOrganizationsQuery { name, sort })) = (path.partner_id, query);
        actor.authorize_partner(partner)?;
        let caller = Caller::read(context, actor, partner);
        let page = match (name, sort) {
            (Some(name), _) => {
                let found = context.search_names(NameScope::Directory(partner), name);
                let (caller, List { items, next_page_token }) = tokio::try_join!(caller, found)?;
                let listed = items
                    .into_iter()
                    .map(|part| Ok(Listed { organization: part.id()?, name: Some(part.name) }));
                let listed = listed.collect::<Result<Vec<_>, Error>>()?;
                List { items: caller.view(context, listed).await?, next_page_token }
            }
            (None, DirectorySort::CreatedAt) => page_by_creation(context, partner, caller).await?,
            (None, DirectorySort::Name) => page_by_name(context, partner, caller).await?,
        };
        Ok(Reply::ok(page))
    }
}
