//! `list-sites`

use aws::context::List;
use aws::http::body::Empty;
use aws::operation::{Method, Nothing, OfOrganization, route};
use aws::table::pattern::SitesOf;
use aws::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, Role, Site};

use super::Reader;

/// Lists an organization's sites.
pub struct ListSites;

impl Operation for ListSites {
    const NAME: &str = "list-sites";
    const ABOUT: &str = "Lists the sites where an organization uses what it subscribed to, in the order of their making: for its own people, the vendor, and the partners whose customer it is.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/sites",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OfOrganization;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Site>;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<Site>>, Failure> {
        let organization = input.path.organization_id;
        let reader = Reader::of(actor, organization)?;
        let sites = SitesOf(organization);
        let (_, page) = tokio::try_join!(reader.settle(context), context.page_as_is(&sites, true))?;
        Ok(Answer::ok(page))
    }
}
