//! `create-entitlement`

use api_runtime::table::{
    CustomerById, EntitlementReservation, Expression, PageQuery, ProductById, Products,
};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, OrNotFound,
    OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::entitlement::{DetailsChange, EntitlementExternalId};
use domain::event::EntitlementCreated;
use domain::fault::{Check, Validated};
use domain::value::DETAIL_ERRORS;
use domain::{
    Actor, Author, Details, Entitlement, EntitlementId, EntitlementName, EntitlementNumber, ErrorKind, Fault,
    Faults, Fields, Metadata, Owner, ParseError, Problem, ProductId, Role, Timestamp,
};
use schemars::JsonSchema;

use super::update_entitlement_details::{DetailsPatch, apply};
use super::{EntitlementView, read_fields};
use crate::customers::CustomerPath;
use crate::party::require_active_organization;

/// Creates an entitlement of an organization or a customer.
pub struct CreateEntitlement;

const UNKNOWN_PRODUCT: ErrorKind = ErrorKind::rule("unknown-product", "there is no such product");
const NO_PRODUCT: ErrorKind =
    ErrorKind::rule("no-product", "no product exists yet: create one with `POST /v1/products` first");
const ARCHIVED_PRODUCT: ErrorKind =
    ErrorKind::rule("archived-product", "the product is archived and takes no new owners: restore it first");
const EXTERNAL_ID_TAKEN: ErrorKind =
    ErrorKind::state("entitlement-external-id-taken", "another entitlement has this external id");

api_runtime::paths! {
    /// Owner of the new entitlement.
    CreateEntitlementPath {
        /// An organization, whose customers all share the entitlement.
        Organization(OrganizationPath) = "organizationId",
        /// A single customer.
        Customer(CustomerPath) = "customerId",
    }
}

/// Request body: the entitlement to create.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateEntitlementBody {
    /// Product that is owned. It must exist and not be archived.
    product_id: ProductId,
    /// Values of detail fields, keyed by field name or field id; at most about 64 KB in total. Fields that are not
    /// named have no value.
    #[deserr(default)]
    #[schemars(default)]
    details: DetailsPatch,
    /// Time from which the product is owned; RFC 3339. If absent, the product is owned from creation on.
    #[deserr(default)]
    starts_at: Option<Timestamp>,
    /// Time at which ownership ends (exclusive); RFC 3339, after `startsAt`. If absent, ownership has no end.
    #[deserr(default)]
    ends_at: Option<Timestamp>,
    /// The vendor's own id for the entitlement: 1 to 100 characters, unique among entitlements, and not of the form of
    /// an entitlement id or number. Optional.
    #[deserr(default)]
    external_id: Option<EntitlementExternalId>,
}

impl Check for CreateEntitlementBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_interval(sent).into_iter().collect()
    }
}

/// Checks that `endsAt`, if both are given, is after `startsAt`.
pub(super) fn check_interval(sent: &serde_json::Value) -> Option<(String, ParseError)> {
    let time = |name: &str| sent.get(name)?.as_str()?.parse::<Timestamp>().ok();
    let (start, _) = time("startsAt").zip(time("endsAt")).filter(|(start, end)| start >= end)?;
    let detail = format!("must be after `startsAt`, which is `{start}`");
    Some(("/endsAt".to_owned(), ParseError::new("invalid-interval", detail)))
}

impl Operation for CreateEntitlement {
    const NAME: &str = "create-entitlement";
    const SUMMARY: &str = "Create an entitlement";
    const DESCRIPTION: &str = "Operators and agents make an organization, with all of its customers, or a \
        single customer the owner of a product. The owner and the product cannot be changed later; an operator \
        can change the start and the end, and end the entitlement. The product must exist and not be archived. `details` may set the fields \
        that the caller's role may edit. Records `entitlement.created`.";
    const ROUTES: &[Route] = &[
        route(
            Method::Post,
            "/v1/organizations/{organizationId}/entitlements",
            &[Role::Operator, Role::Agent],
        )
        .of("organization")
        .summarized("Create an entitlement of an organization"),
        route(Method::Post, "/v1/customers/{customerId}/entitlements", &[Role::Operator, Role::Agent])
            .of("customer")
            .summarized("Create an entitlement of a customer"),
    ];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] =
        &[EXTERNAL_ID_TAKEN, ORGANIZATION_DEACTIVATED, UNKNOWN_PRODUCT, NO_PRODUCT, ARCHIVED_PRODUCT];
    const SHARED_ERRORS: &[ErrorKind] = &DETAIL_ERRORS;

    type Caller = Actor;
    type Path = CreateEntitlementPath;
    type Query = Nothing;
    type Body = Json<Validated<CreateEntitlementBody>>;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(Validated(new)) = body;
        let fields = match new.details.is_empty() {
            true => Fields::new(Vec::new()),
            false => read_fields(context).await?,
        };
        let mut change = Change::new();
        let details = apply(&mut change, &fields, actor, &Details::default(), &new.details);
        let entitlement = new_entitlement(context, context.author().await?, path, new, details);
        let id = entitlement.id;
        require_owner(context, &mut change, entitlement.owner).await?;
        let offered = Expression::new("attribute_exists(#pk) AND attribute_not_exists(#archivedAt)");
        change.require_that(&ProductById(new.product_id), offered, |product| {
            let reason = if product.is_some() { ARCHIVED_PRODUCT } else { UNKNOWN_PRODUCT };
            ConditionFailure::rejected(&reason, &[&"productId"])
        });
        change.create(&entitlement)?;
        reserve_names(&mut change, &entitlement)?;
        let customer_id = match entitlement.owner {
            Owner::Customer(customer) => Some(customer),
            Owner::Organization(_) => None,
        };
        let (entitlement_id, product_id) = (entitlement.id, entitlement.product_id);
        let (starts_at, ends_at) = (entitlement.starts_at, entitlement.ends_at);
        let created = EntitlementCreated { entitlement_id, product_id, customer_id, starts_at, ends_at };
        change.record(entitlement.event(created));

        let location = match entitlement.owner {
            Owner::Organization(owner) => format!("/v1/organizations/{owner}/entitlements/{id}"),
            Owner::Customer(owner) => format!("/v1/customers/{owner}/entitlements/{id}"),
        };
        let shown = EntitlementView::to(actor, entitlement, &fields, context.now);
        match context.commit(change, Answer::created(location, shown)).await {
            Err(Failure::Problem(problem)) if problem.faults.iter().any(is_unknown_product) => {
                let first = PageQuery { size: 1, ascending: true, after: None, consistent: true };
                let known = context.table.page(&Products(), &first, None).await?;
                if !known.items.is_empty() {
                    return Err(problem.into());
                }
                let with_detail =
                    |fault| if is_unknown_product(&fault) { NO_PRODUCT.at(&[&"productId"]) } else { fault };
                Err(Problem::of(problem.kind, problem.faults.into_iter().map(with_detail).collect()).into())
            }
            done => done,
        }
    }
}

fn new_entitlement(
    context: &Context<'_>,
    by: Author,
    path: &CreateEntitlementPath,
    new: &CreateEntitlementBody,
    details: Details,
) -> Entitlement {
    let id: EntitlementId = context.id();
    let changed = DetailsChange { at: context.now, by, import_id: None };
    Entitlement {
        id,
        number: EntitlementNumber::of(id),
        owner: match path {
            CreateEntitlementPath::Organization(organization) => {
                Owner::Organization(organization.organization_id)
            }
            CreateEntitlementPath::Customer(customer) => Owner::Customer(customer.customer_id),
        },
        product_id: new.product_id,
        external_id: new.external_id.clone(),
        subscription_id: None,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        ended_at: None,
        suspended_at: None,
        followed_at: None,
        details_changed: Some(changed).filter(|_| !details.is_empty()),
        details,
        metadata: Metadata::new(context.now),
    }
}

/// Reserves an entitlement's number, and its external id if it has one.
fn reserve_names(change: &mut Change, entitlement: &Entitlement) -> Result<(), Failure> {
    let number = EntitlementName::Number(entitlement.number.clone());
    // Once in many millions the number derived from an id is taken by another id; the retry then uses a new id.
    change.create_or_retry(&EntitlementReservation::of(entitlement, &number), None)?;
    if let Some(external_id) = &entitlement.external_id {
        let name = EntitlementName::ExternalId(external_id.clone());
        change.create_or_reject(&EntitlementReservation::of(entitlement, &name), |other| {
            ConditionFailure::held_by(&EXTERNAL_ID_TAKEN, other.entitlement_id, &[&"externalId"])
        })?;
    }
    Ok(())
}

fn is_unknown_product(fault: &Fault) -> bool {
    fault.code == UNKNOWN_PRODUCT.code
}

/// Requires that the owner exists and, if it is a customer, has not been removed and belongs to no deactivated
/// organization.
async fn require_owner(context: &Context<'_>, change: &mut Change, owner: Owner) -> Result<(), Failure> {
    match owner {
        Owner::Organization(organization) => require_active_organization(change, organization),
        Owner::Customer(id) => {
            let customer = context.table.get(&CustomerById(id)).await?;
            let customer = customer.filter(|one| one.removed_at.is_none()).or_not_found()?;
            change.confirm(&customer, customer.metadata.version, None)?;
            if let Some(organization) = customer.organization_id {
                require_active_organization(change, organization);
            }
        }
    }
    Ok(())
}
