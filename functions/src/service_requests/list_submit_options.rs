//! `list-submit-options`

use std::collections::BTreeSet;

use api_runtime::table::{
    AccessIn, AccessOfPartner, BatchGet, CustomersByEmail, EmailInPartner, OrganizationById,
    access_of_partner_key,
};
use api_runtime::{Context, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::access::decide;
use domain::actor::ActorKind;
use domain::{Actor, ContactRole, Level, OrganizationId, PartnerId, Role, ServiceRequestKind, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party};

/// Lists the organizations for which the caller may submit service requests.
pub struct ListSubmitOptions;

/// An organization for which the caller may submit service requests.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubmitOption {
    /// Organization, with its name.
    organization: Party<OrganizationId>,
    /// Access level of the partner member there; absent for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    /// Time at which that access ends (exclusive), RFC 3339 in UTC; absent for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Whether the caller itself can be the primary contact, for which a partner member needs the level `update` or above.
    /// Another member of the partner with such a level can be named as the primary contact.
    can_be_primary_contact: bool,
    /// Kinds of service requests that the caller may submit there.
    kinds: Vec<ServiceRequestKind>,
}

impl Operation for ListSubmitOptions {
    const NAME: &str = "list-submit-options";
    const SUMMARY: &str = "List organizations for which the caller may submit service requests";
    const DESCRIPTION: &str = "Customers and partner members may call it. A customer gets its own \
        organization with all kinds, or an empty list if it belongs to none. A partner member gets the \
        organizations in which its access level is `create` or above, with the kinds that the level allows: \
        first those of which it is a customer itself, then the others ordered by id. A page may hold fewer \
        items than `pageSize`, even none, and still have a \
        `nextPageToken`.";
    const ROUTES: &[Route] =
        &[route(Method::Get, "/v1/me/submit-options", &[Role::Customer, Role::PartnerMember])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<SubmitOption>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<SubmitOption>>, Failure> {
        let Request { context, caller: actor, .. } = request;
        let options = match actor.kind {
            ActorKind::Partner { partner, .. } => list_for_member(context, actor, partner).await?,
            ActorKind::Customer { organization: Some(own), .. } => {
                let own = context.table.get(&OrganizationById(own)).await?.map(|own| SubmitOption {
                    organization: Party { id: own.id, name: Some(own.name) },
                    level: None,
                    expires_at: None,
                    can_be_primary_contact: true,
                    kinds: ServiceRequestKind::ALL.to_vec(),
                });
                List { items: own.into_iter().collect(), next_page_token: None }
            }
            _ => nowhere(),
        };
        Ok(Reply::ok(options))
    }
}

fn nowhere() -> List<SubmitOption> {
    List { items: Vec::new(), next_page_token: None }
}

/// Returns the organizations in which the access of a partner's member allows it to submit; those in which it is a customer
/// itself come first. The page may be short.
async fn list_for_member(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
) -> Result<List<SubmitOption>, Failure> {
    let Some(email) = actor.email.clone() else { return Ok(nowhere()) };
    let (table, page_query) = (context.table, context.page_query(true));
    let (own, as_customer, all) =
        (EmailInPartner(partner, email.clone()), CustomersByEmail(email.clone()), AccessOfPartner(partner));
    let (record, as_customer, page) = tokio::try_join!(
        table.get(&own),
        table.list(&as_customer, false),
        table.page(&all, &page_query, None)
    )?;
    // A person without a member record may do nothing, whatever the token says.
    let Some(member) = record.map(|record| record.member_record()).transpose()?.flatten() else {
        return Ok(nowhere());
    };
    let own = as_customer.iter().filter_map(|customer| customer.organization_id);
    let own: BTreeSet<_> = own.take(page_query.size).collect();
    let first = own.iter().copied().filter(|_| page_query.after.is_none());
    let others = page.items.iter().map(|found| found.organization_id).filter(|one| !own.contains(one));
    let organizations: Vec<_> = first.chain(others).collect();

    // The index is eventually consistent, so the access that it returned is read again with consistent reads.
    let mut wanted = BatchGet::new();
    organizations.iter().for_each(|organization| wanted.add(&AccessIn(*organization, partner)));
    let names = Names::of(context, std::iter::empty(), organizations.iter().copied());
    let read = async { Ok(table.fetch(wanted, true).await?) };
    let (read, names) = tokio::try_join!(read, names)?;
    let mut items = Vec::new();
    for organization in organizations {
        let Some(access) = read.get(&AccessIn(organization, partner))? else { continue };
        let Some(grant) = decide(&access.grants, &email, Some(member), context.now).by else { continue };
        let kinds = ServiceRequestKind::ALL.into_iter();
        let kinds: Vec<_> = kinds.filter(|kind| grant.level.allows(kind.submitting())).collect();
        if !kinds.is_empty() {
            let option = SubmitOption {
                organization: names.organization(organization),
                level: Some(grant.level),
                expires_at: Some(grant.expires_at),
                can_be_primary_contact: grant.level.allows(ContactRole::Primary.action()),
                kinds,
            };
            items.push((access_of_partner_key(partner, organization).sk, option));
        }
    }
    // An organization of the caller's own takes the place of the last other one.
    let mut next = page.next;
    if items.len() > page_query.size {
        items.truncate(page_query.size);
        let last = items.last().filter(|(_, last)| !own.contains(&last.organization.id));
        next = last.map(|(place, _)| place.clone()).or(Some(BEFORE_ALL.to_owned()));
    }
    Ok(context.list(items.into_iter().map(|(_, option)| option).collect(), next))
}

/// Position before all access of a partner.
const BEFORE_ALL: &str = "ACCESS#";
