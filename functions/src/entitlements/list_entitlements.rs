//! `list-entitlements`

use api_runtime::table::read::ItemFilter;
use api_runtime::table::{
    BatchGet, BatchResult, CustomerById, EntitlementsOf, EntitlementsOfProduct, Entity, OrganizationById,
    Page, ProductById,
};
use api_runtime::{Context, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::detail::options::UNKNOWN_OPTION;
use domain::fault::{Check, Validated};
use domain::value::{INVALID_VALUE, StoredValue, UNKNOWN_FIELD, Value};
use domain::{
    Actor, Entitlement, ErrorKind, Fault, FaultPointer, Faults, FieldId, Fields, Name, OrganizationId, Owner,
    ParseError, PersonRef, Problem, ProductId, Role,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{EntitlementView, read_fields};
use crate::person_names::People;
use crate::products::ProductName;

/// Lists the entitlements to a product or of an organization.
pub struct ListEntitlements;

/// Query parameters that select entitlements.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListEntitlementsQuery {
    /// Product whose entitlements are listed. Required unless `organizationId` is given; both may be given.
    #[deserr(default)]
    product_id: Option<ProductId>,
    /// Organization whose own entitlements are listed; those of its individual customers are in their profiles.
    /// Required unless `productId` is given.
    #[deserr(default)]
    organization_id: Option<OrganizationId>,
    /// Name or id of a detail field by which the list is filtered; requires `value`.
    #[deserr(default)]
    field: Option<String>,
    /// Value that the field must have, for an option its label; requires `field`.
    #[deserr(default)]
    value: Option<String>,
}

/// An entitlement with the names that a page shows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementRow {
    /// The entitlement.
    #[serde(flatten)]
    entitlement: EntitlementView,
    /// Name and code of the product. Absent only if the product is not found, such as right after its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductName>,
    /// Name of the organization or customer that owns the entitlement. Absent only if the owner is not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_name: Option<Name>,
}

impl Check for ListEntitlementsQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let given = |name: &str| sent.get(name).is_some();
        let mut faults = Vec::new();
        if !given("productId") && !given("organizationId") {
            let detail = "is required unless `organizationId` is given";
            faults.push(("/productId".to_owned(), ParseError::new("missing", detail)));
        }
        for (one, other) in [("field", "value"), ("value", "field")] {
            if given(one) && !given(other) {
                let invalid = ParseError::new("missing", format!("is required beside `{one}`"));
                faults.push((format!("/{other}"), invalid));
            }
        }
        faults
    }
}

impl Operation for ListEntitlements {
    const NAME: &str = "list-entitlements";
    const SUMMARY: &str = "List entitlements of a product or an organization";
    const DESCRIPTION: &str = "Operators and agents list the entitlements to `productId`, of \
        `organizationId`, or those that match both; one of the two is required. The list is sorted by \
        creation, oldest first, and includes ended entitlements. With `field` and `value` it contains only \
        the entitlements whose detail field has that value; the field must be visible to the caller's role. \
        A page ends at 1 MB, and may contain fewer items than `pageSize`, or none, although `nextPageToken` \
        is present. Rows carry the names of the product and of the owner. The list is eventually consistent.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/entitlements", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[UNKNOWN_FIELD, UNKNOWN_OPTION, INVALID_VALUE];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Validated<ListEntitlementsQuery>;
    type Body = Empty;
    type Output = List<EntitlementRow>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<EntitlementRow>>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        let Validated(filter) = query;
        let (page, fields) = match filter.field.as_ref().zip(filter.value.as_ref()) {
            Some((name, value)) => {
                let fields = read_fields(context).await?;
                let wanted = wanted(name, value, &fields, actor)?;
                (page(context, filter, Some(wanted)).await?, fields)
            }
            None => tokio::try_join!(page(context, filter, None), read_fields(context))?,
        };
        let place = |one: &Entitlement| match filter.organization_id {
            Some(_) => Some(one.key()),
            None => one.by_facet(),
        };
        let authors = page.items.iter().filter_map(|one| EntitlementView::details_author(actor, one));
        let authors: Vec<_> = authors.collect();
        let found = read_names(context, &page.items, &authors).await?;
        let people = People::among(&found, authors.into_iter())?;
        let mut shown = Vec::new();
        for one in page.items {
            let place = place(&one).map(|key| key.sk).unwrap_or_default();
            let product = ProductName::among(&found, one.product_id)?;
            let owner_name = owner_name(&found, one.owner)?;
            let entitlement = EntitlementView::to(actor, one, &fields, context.now).named_by(&people);
            shown.push((place, EntitlementRow { entitlement, product, owner_name }));
        }
        Ok(Reply::ok(context.list_of_large(shown, page.next)?))
    }
}

/// Reads the products and the owners of entitlements, and the authors of their last changes.
async fn read_names(
    context: &Context<'_>,
    these: &[Entitlement],
    authors: &[PersonRef],
) -> Result<BatchResult, Failure> {
    let mut wanted = BatchGet::new();
    People::want(&mut wanted, authors.iter().cloned());
    for one in these {
        wanted.add(&ProductById(one.product_id));
        match one.owner {
            Owner::Organization(organization) => wanted.add(&OrganizationById(organization)),
            Owner::Customer(customer) => wanted.add(&CustomerById(customer)),
        }
    }
    Ok(context.table.fetch(wanted, false).await?)
}

/// Takes the name of an owner from the result of a read; `None` if the owner is not found.
fn owner_name(found: &BatchResult, owner: Owner) -> Result<Option<Name>, Failure> {
    Ok(match owner {
        Owner::Organization(organization) => found.get(&OrganizationById(organization))?.map(|one| one.name),
        Owner::Customer(customer) => {
            let customer = found.get(&CustomerById(customer))?;
            customer.filter(|one| one.erased_at.is_none()).map(|one| one.name)
        }
    })
}

/// Reads a page of the entitlements that the query selects.
async fn page(
    context: &Context<'_>,
    filter: &ListEntitlementsQuery,
    wanted: Option<(FieldId, StoredValue)>,
) -> Result<Page<Entitlement>, Failure> {
    let has_it = |entitlement: &Entitlement| {
        let of_product = filter.product_id.is_none_or(|product| entitlement.product_id == product);
        let says = |(field, value): &(FieldId, StoredValue)| entitlement.details.of(*field).contains(value);
        of_product && wanted.as_ref().is_none_or(says)
    };
    let page_query = context.page_query(true);
    Ok(match (filter.organization_id.map(Owner::Organization), filter.product_id) {
        (Some(owner), product) => {
            let choice: Option<ItemFilter<'_, _>> =
                (product.is_some() || wanted.is_some()).then_some(&has_it as _);
            context.table.page(&EntitlementsOf(owner), &page_query, choice).await?
        }
        (None, Some(product)) => {
            let choice: Option<ItemFilter<'_, _>> = wanted.is_some().then_some(&has_it as _);
            context.table.page(&EntitlementsOfProduct(product), &page_query, choice).await?
        }
        // Unreachable: `check` rejects a query without either.
        (None, None) => Page { items: Vec::new(), next: None },
    })
}

/// Resolves the `field` and `value` of a query to a field that the caller may view, and a stored value.
fn wanted(
    name: &str,
    value: &str,
    fields: &Fields,
    actor: &Actor,
) -> Result<(FieldId, StoredValue), Problem> {
    let refuse = |parameter: &str, reason: ErrorKind, detail: String| {
        Problem::of(reason.kind, vec![Fault::new(FaultPointer::parameter(parameter), reason.code, detail)])
    };
    let field = fields.visible(name, actor);
    let field = field.ok_or_else(|| refuse("field", UNKNOWN_FIELD, UNKNOWN_FIELD.about.to_owned()))?;
    // `find` accepts retired options, because entitlements may still have them.
    let stored = field.find(&Value::Text(value.to_owned()));
    stored.map(|stored| (field.id, stored)).map_err(|wrong| refuse("value", wrong.reason, wrong.detail))
}
