//! `list-organization-access`

use api_runtime::table::{AccessInOrganization, BatchGet, OrganizationById};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::{Access, Actor, Faults, Role};
use schemars::JsonSchema;

use super::view::{AccessView, grantees_of};
use crate::party::{Names, read_if_visible};
use crate::person_names::People;
use crate::sorting::{expiry_position, name_position};

/// Lists the partners that have or had access to an organization.
pub struct ListOrganizationAccess;

/// Order of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListOrganizationAccessQuery {
    /// Order of the partners. Default: `partnerId`.
    #[deserr(default)]
    #[schemars(default)]
    sort: OrganizationAccessSort,
}

/// Order of the partners that have access to an organization.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
enum OrganizationAccessSort {
    /// By the partner's id, which is the order in which the partners were created.
    #[default]
    PartnerId,
    /// By the partner's name, ignoring case, accents and punctuation.
    Name,
    /// By the earliest expiry of an active grant; partners without one come last.
    ExpiresAt,
}

impl Operation for ListOrganizationAccess {
    const NAME: &str = "list-organization-access";
    const SUMMARY: &str = "List partners with access to an organization";
    const DESCRIPTION: &str = "The organization's contact managers, operators and agents may call it. \
        Returns one item for each partner that has or had access, with its active grants and the last 20 \
        that ended, in the order of the partners' ids unless `sort` selects another one. A member whom the \
        partner named in an approved request is shown by name; all others are shown by the e-mail that the \
        grant names. The list is consistent: it contains every earlier change.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/access",
        &[Role::Operator, Role::Agent, Role::ContactManager],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = ListOrganizationAccessQuery;
    type Body = Empty;
    type Output = List<AccessView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<AccessView>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let OrganizationPath { organization_id } = *path;
        actor.authorize_organization(organization_id)?;
        let all = AccessInOrganization(organization_id);
        // Names and expiries are in no key, so the other orders read the access of all partners.
        let page = async {
            match query.sort {
                OrganizationAccessSort::PartnerId => context.consistent_page(&all, true).await,
                _ => {
                    let items = context.table.list(&all, true).await?;
                    Ok(List { items, next_page_token: None })
                }
            }
        };
        let page = read_if_visible(context, actor, &OrganizationById(organization_id), page).await?;
        let mut wanted = BatchGet::new();
        let partners = page.items.iter().map(|access| access.partner_id);
        let organizations = std::iter::once(organization_id);
        Names::want(&mut wanted, partners.clone(), organizations.clone());
        People::want(&mut wanted, page.items.iter().flat_map(grantees_of));
        let found = context.table.fetch(wanted, false).await?;
        let names = Names::among(&found, partners, organizations)?;
        let members = People::among(&found, page.items.iter().flat_map(grantees_of))?;
        let shown = |access: &Access| AccessView::of(access, &names, context.now).named_by(&members);
        Ok(Reply::ok(match query.sort {
            OrganizationAccessSort::PartnerId => {
                List { items: page.items.iter().map(shown).collect(), next_page_token: page.next_page_token }
            }
            sort => {
                let at = |access: &Access| position(context, sort, access, &names);
                context.page_of_all(page.items.iter().map(|access| (at(access), shown(access))).collect())
            }
        }))
    }
}

/// Returns the position of a partner's access in an order.
fn position(context: &Context<'_>, sort: OrganizationAccessSort, access: &Access, names: &Names) -> String {
    let partner = access.partner_id;
    match sort {
        OrganizationAccessSort::PartnerId => partner.to_string(),
        OrganizationAccessSort::Name => {
            name_position(names.partner(partner).name.as_ref(), &partner.to_string())
        }
        OrganizationAccessSort::ExpiresAt => {
            let active = access.grants.iter().filter(|grant| grant.is_active(context.now));
            let first = active.map(|grant| grant.expires_at).min();
            expiry_position(first, &partner.to_string())
        }
    }
}
