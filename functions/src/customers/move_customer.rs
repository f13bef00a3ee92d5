//! `move-customer`

use api_runtime::table::{
    BatchGet, ConcernedParty, ContactHistoryOf, EmailReservation, EntitlementsOf, OrganizationById,
    PreferenceOf, Reservation, ServiceRequestsOf, SubscriptionsOf, is_active, remember_disabling,
    remember_removal,
};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, Output, Reply,
    Request, Route, route,
};
use deserr::{Deserr, ValuePointerRef};
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::{CustomerMovedIn, CustomerMovedOut};
use domain::fault::pointer;
use domain::service_request::Person;
use domain::{
    Actor, Customer, ErrorKind, Fault, FaultPointer, Faults, OrganizationId, Owner, Problem, Role, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::create_customer::EMAIL_TAKEN;
use super::view::CustomerView;
use super::{CustomerPath, LAST_MANAGER, count_manager, read};

/// Moves a customer into, out of, or between organizations.
pub struct MoveCustomer;

const UNKNOWN_ORGANIZATION: ErrorKind =
    ErrorKind::rule("unknown-organization", "there is no such organization");

/// Organization to which the customer is moved.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, extend("required" = ["organizationId"]))]
pub struct MoveCustomerBody {
    /// Organization to which the customer belongs from now on; `null` if to none. Required.
    #[deserr(missing_field_error = organization_is_missing)]
    organization_id: Option<OrganizationId>,
}

fn organization_is_missing(field: &str, location: ValuePointerRef<'_>) -> Faults {
    let at = FaultPointer::Pointer(pointer(location.push_key(field)));
    Faults(vec![Fault::new(at, "missing", "is required; send `null` for no organization")])
}

/// A moved customer: what moved with it, and what ended; a preview with `validateOnly`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedCustomer {
    /// The customer after the move.
    customer: CustomerView,
    /// Objects that move with the customer, beside id, name, e-mail and state.
    moves: Moves,
    /// Rights and settings that end in the organization that the customer leaves.
    ends: Ends,
}

/// Objects that move with a customer.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CustomerMoves")]
pub struct Moves {
    /// Number of entitlements that the customer owns itself, with their details.
    entitlements: usize,
}

/// Rights and settings that end in the organization that the customer leaves.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CustomerEnds")]
pub struct Ends {
    /// Whether the customer was a contact manager.
    contact_manager: bool,
    /// Number of subscriptions of which the customer was a contact.
    subscription_contacts: usize,
    /// Number of service requests that the customer submitted, or of which it was a contact. They name it as a former
    /// contact.
    service_requests: usize,
    /// Whether the customer had a notification preference.
    notification_preference: bool,
    /// Whether the customer had an `externalId` that an organization or partner gave it.
    external_id: bool,
}

impl Output for MovedCustomer {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.customer.version()
    }
}

impl Operation for MoveCustomer {
    const NAME: &str = "move-customer";
    const SUMMARY: &str = "Move a customer to another organization";
    const DESCRIPTION: &str = "Operators move a customer into an organization, out of one, or from one to \
        another. Id, name, e-mail, state and the customer's own entitlements with their details move with it. \
        In the organization that it leaves, it is no longer a contact manager nor a contact of subscriptions \
        and service requests; its notification preference ends, and so does an `externalId` that an \
        organization or partner gave it. Who may still read there what the customer did is shown the name and \
        e-mail that it had when it left (`former`), not later ones. The answer, also with `validateOnly`, says what moves and what ends. \
        A customer that is moved back is a contact of no subscription, but again of the service requests that \
        still name it. The last contact manager of an organization cannot leave it, and the e-mail must be \
        free where the customer arrives. A removed customer does not exist for this operation (404). \
        Idempotent: a move to the present organization changes nothing. Records `customer.moved-out` and \
        `customer.moved-in`, each in the log of one organization, or in the vendor's log.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/customers/{customerId}/move", &[Role::Operator])];
    const ERRORS: &[ErrorKind] = &[EMAIL_TAKEN, LAST_MANAGER, ORGANIZATION_DEACTIVATED, UNKNOWN_ORGANIZATION];

    type Caller = Actor;
    type Path = CustomerPath;
    type Query = Nothing;
    type Body = Json<MoveCustomerBody>;
    type Output = MovedCustomer;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<MovedCustomer>, Failure> {
        let Request { context, caller: actor, path, body: Json(body), .. } = request;
        let before = read(context, path.customer_id).await?;
        if before.removed_at.is_some() {
            return Err(Problem::not_found().into());
        }
        let (seen, mut change) = (before.metadata.version, Change::new());
        if before.organization_id == body.organization_id {
            change.confirm(&before, seen, context.if_match())?;
            let (customer, moves, ends) =
                (CustomerView::to(actor, before), Moves::default(), Ends::default());
            return context.commit(change, Answer::ok(MovedCustomer { customer, moves, ends })).await;
        }
        let entitlements = EntitlementsOf(Owner::Customer(before.id));
        let entitlements = async { Ok(context.table.list(&entitlements, true).await?) };
        let (entitlements, mut ends) =
            tokio::try_join!(entitlements, leave(context, &mut change, actor, &before))?;
        let mut customer = before.moved_to(body.organization_id, context.now);
        if before.created_by.is_some() {
            ends.external_id = before.external_id.is_some();
            (customer.external_id, customer.created_by) = (None, None);
            Reservation::customer_external_id(&before).iter().for_each(|known| change.remove(known));
        }
        change.replace(&customer, seen, context.if_match())?;
        change.follow_name(Some(&before), &customer, context.now)?;
        change.remove(&EmailReservation::of_customer(&before));
        arrive(&mut change, &customer)?;
        let customer_id = customer.id;
        // The event in the old log has the version of the move, too.
        let left = Customer { metadata: customer.metadata, ..before };
        change.record(left.event(CustomerMovedOut { customer_id }));
        change.record(customer.event(CustomerMovedIn { customer_id }));
        let moves = Moves { entitlements: entitlements.len() };
        let customer = CustomerView::to(actor, customer);
        context.commit(change, Answer::ok(MovedCustomer { customer, moves, ends })).await
    }
}

/// Ends what the customer was in its organization, and returns what that is.
async fn leave(
    context: &Context<'_>,
    change: &mut Change,
    actor: &Actor,
    before: &Customer,
) -> Result<Ends, Failure> {
    let Some(organization) = before.organization_id else { return Ok(Ends::default()) };
    let email = &before.email;
    let preference = PreferenceOf(organization, Person::Customer { customer_id: before.id });
    let history = ContactHistoryOf(organization, email.clone());
    let party = ConcernedParty::Person(Person::Customer { customer_id: before.id });
    let requests = ServiceRequestsOf { party, organization: Some(organization), from: None, to: None };
    let subscriptions = SubscriptionsOf(organization);
    let mut wanted = BatchGet::new();
    wanted.add(&preference);
    wanted.add(&history);
    let found = context.table.fetch(wanted, true);
    let subscriptions = context.table.list(&subscriptions, true);
    let requests = context.table.list(&requests, false);
    let (found, subscriptions, requests) = tokio::try_join!(found, subscriptions, requests)?;
    let removed_at = found.get(&history)?.and_then(|history| history.removed_at);
    let contacts = subscriptions.iter().filter_map(|one| one.contact(email, Some(before.id), removed_at));
    let stored = found.get(&preference)?;
    let ends = Ends {
        contact_manager: before.manager,
        subscription_contacts: contacts.count(),
        service_requests: requests.len(),
        notification_preference: stored.is_some(),
        external_id: false,
    };
    match stored {
        Some(stored) => change.remove_if_unchanged(&stored, stored.metadata.version, None)?,
        None => change.require_absent(&preference, || ConditionFailure::Stale),
    }
    if before.manager {
        let after = Customer { manager: false, ..before.clone() };
        count_manager(change, actor, Some(before), &after);
    }
    change.add(remember_removal(organization, email, context.now));
    Ok(ends)
}

/// Gives the customer its place in the organization to which it belongs from now on, or among those of none.
fn arrive(change: &mut Change, customer: &Customer) -> Result<(), Failure> {
    change.create_or_reject(&EmailReservation::of_customer(customer), |holder| {
        ConditionFailure::held_by(&EMAIL_TAKEN, holder.holder_text(), &[])
    })?;
    let Some(organization) = customer.organization_id else { return Ok(()) };
    change.require_that(&OrganizationById(organization), is_active(), |stored| match stored {
        Some(_) => ConditionFailure::rejected(&ORGANIZATION_DEACTIVATED, &[&"organizationId"]),
        None => ConditionFailure::rejected(&UNKNOWN_ORGANIZATION, &[&"organizationId"]),
    });
    if customer.disabled_at.is_some() {
        change.add(remember_disabling(organization, &customer.email, true));
    }
    Ok(())
}
