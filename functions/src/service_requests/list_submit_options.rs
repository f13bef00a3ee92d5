//! `list-submit-options`

use api_runtime::table::{AccessIn, AccessOfPartner, BatchGet, EmailInPartner, OrganizationById};
use api_runtime::{Context, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::access::decide;
use domain::actor::ActorKind;
use domain::{Actor, Level, OrganizationId, PartnerId, Role, ServiceRequestKind, Timestamp};
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
    /// Kinds of service requests that the caller may submit there.
    kinds: Vec<ServiceRequestKind>,
}

impl Operation for ListSubmitOptions {
    const NAME: &str = "list-submit-options";
    const SUMMARY: &str = "List organizations for which the caller may submit service requests";
    const DESCRIPTION: &str = "Customers and partner members may call it. A customer gets its own \
        organization with all kinds, or an empty list if it belongs to none. A partner member gets the \
        organizations in which its access level is `create` or above, ordered by id, with the kinds that \
        the level allows. A page may hold fewer items than `pageSize`, even none, and still have a \
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

/// Returns the organizations in which the access of a partner's member allows it to submit. The page may be short.
async fn list_for_member(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
) -> Result<List<SubmitOption>, Failure> {
    let Some(email) = actor.email.clone() else { return Ok(nowhere()) };
    let own = EmailInPartner(partner, email.clone());
    let record = async { Ok(context.table.get(&own).await?) };
    let all = AccessOfPartner(partner);
    let (record, page) = tokio::try_join!(record, context.page(&all, true))?;
    // A person without a member record may do nothing, whatever the token says.
    let Some(member) = record.map(|record| record.member_record()).transpose()?.flatten() else {
        return Ok(nowhere());
    };

    // The index is eventually consistent, so the access that it returned is read again with consistent reads.
    let mut wanted = BatchGet::new();
    let organizations = page.items.iter().map(|found| found.organization_id);
    organizations.clone().for_each(|organization| wanted.add(&AccessIn(organization, partner)));
    let names = Names::of(context, std::iter::empty(), organizations.clone());
    let read = async { Ok(context.table.fetch(wanted, true).await?) };
    let (read, names) = tokio::try_join!(read, names)?;
    let mut items = Vec::new();
    for organization in organizations {
        let Some(access) = read.get(&AccessIn(organization, partner))? else { continue };
        let Some(grant) = decide(&access.grants, &email, Some(member), context.now).by else { continue };
        let kinds = ServiceRequestKind::ALL.into_iter();
        let kinds: Vec<_> = kinds.filter(|kind| grant.level.allows(kind.submitting())).collect();
        if !kinds.is_empty() {
            let (level, expires_at) = (Some(grant.level), Some(grant.expires_at));
            let organization = names.organization(organization);
            items.push(SubmitOption { organization, level, expires_at, kinds });
        }
    }
    Ok(List { items, next_page_token: page.next_page_token })
}
