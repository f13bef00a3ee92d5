//! `link-customer`

use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::pattern::{OrganizationById, PartnerById};
use api_runtime::table::{Change, DirectoryEntry, Refusal};
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::{
    Actor, CustomerLink, EventKind, Faults, Happening, OrganizationId, PartnerId, Problem, Role, Stamp,
};
use schemars::JsonSchema;

/// Puts an organization into a partner's directory.
pub struct LinkCustomer;

/// Whom to link.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct Pair {
    /// The partner.
    partner_id: PartnerId,
    /// The organization.
    organization_id: OrganizationId,
}

impl Operation for LinkCustomer {
    const NAME: &str = "link-customer";
    const ABOUT: &str = "Puts an organization into a partner's directory. Again changes nothing.";
    const ROUTES: &[Route] =
        &[route(Method::Put, "/v1/partners/{partnerId}/customers/{organizationId}", &[Role::Operator])];
    const CREATES: bool = true;

    type Caller = Actor;
    type Path = Pair;
    type Query = Nothing;
    type Body = Empty;
    type Output = CustomerLink;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<CustomerLink>, Failure> {
        let Pair { partner_id, organization_id } = input.path;
        let organization = context.table.get(&OrganizationById(organization_id)).await?;
        let name = organization.ok_or_else(Problem::not_found)?.name;
        let customer =
            CustomerLink { partner_id, organization_id, name: name.clone(), stamp: Stamp::new(context.now) };

        let mut change = Change::new();
        change.require(&PartnerById(partner_id), || Refusal::NotFound);
        let is_meant =
            context.if_match().map(|is_meant| move |link: &CustomerLink| is_meant(link.stamp.version));
        change.settle(&customer, is_meant, Refusal::Already)?;
        change.put(&DirectoryEntry::of(&customer))?;
        change.record(Happening::of_both(EventKind::CustomerLinked { name }, partner_id, organization_id));

        let location = format!("/v1/partners/{partner_id}/customers/{organization_id}");
        context.commit(change, Answer::created(location, customer)).await
    }
}
