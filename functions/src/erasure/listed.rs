//! Traces of a person that no index finds by the person: events, reasons, orders that wait, and values of others'
//! entitlements. Finding them takes whole lists, so that a call reads each list once.

use std::collections::BTreeSet;

use api_runtime::table::{
    BatchGet, CancelledParkedOrders, EntitlementsOf, EventIn, EventsOfTypes, OrderOfSource, ParkedOrders,
    SubscriptionOf,
};
use api_runtime::{Change, Context, Failure};
use domain::event::{AccessGranted, SubscriptionDeactivated, SubscriptionOrdered};
use domain::{
    Description, Email, Entitlement, Event, EventKind, Order, OrganizationId, Owner, Subscription,
    SubscriptionId,
};
use futures_util::future::try_join_all;

use super::records::remove_values;
use super::traces::Traces;
use super::{Work, apply, is_before};

/// Types of the events that name a contact without a record by its e-mail, or have a reason that a person wrote.
const EVENT_TYPES: [&str; 4] =
    ["subscription.ordered", "subscription.contact-removed", "access.granted", "subscription.deactivated"];

/// Traces of a person that whole lists contain.
#[derive(Debug)]
pub struct ListedTraces {
    /// Events that have the person's e-mail or a reason that the person wrote, in the logs of the person's organizations.
    pub events: Vec<Event>,
    /// Subscriptions that the person deactivated with a reason, and those that were deactivated with them.
    pub deactivated: Vec<Subscription>,
    /// Orders that wait for their account, or did, and name the person as a contact.
    pub orders: Vec<Order>,
    /// Entitlements of the person's organizations with a value that is the person's e-mail.
    pub entitlements: Vec<Entitlement>,
}

impl ListedTraces {
    /// Reads the lists.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn of(context: &Context<'_>, traces: &Traces) -> Result<Self, Failure> {
        let ((events, deactivated), orders, entitlements) = tokio::try_join!(
            Box::pin(find_events(context, traces)),
            Box::pin(find_orders(context, traces)),
            Box::pin(find_entitlements(context, traces)),
        )?;
        Ok(Self { events, deactivated, orders, entitlements })
    }

    /// Erases these traces; reasons that the person wrote only if texts are redacted. Returns no work if nothing is left.
    ///
    /// # Errors
    ///
    /// [`Failure`].
    pub async fn erase(
        &self,
        context: &Context<'_>,
        traces: &Traces,
        redacts_texts: bool,
    ) -> Result<Work, Failure> {
        let mut work = Box::pin(erase_orders(context, traces, &self.orders)).await?;
        work += Box::pin(remove_values(context, traces, &self.entitlements)).await?;
        if redacts_texts {
            work += Box::pin(redact_deactivations(context, &self.deactivated)).await?;
        }
        for before in &self.events {
            let mut after = without(before, traces);
            if redacts_texts {
                after = redacted(after);
            }
            let mut change = Change::new();
            if after != *before {
                change.put(&after)?;
            }
            work += apply(&context.detached(), change).await?;
        }
        Ok(work)
    }
}

/// Reads the events of the logs of the person's organizations, and the subscriptions that they say the person deactivated.
async fn find_events(
    context: &Context<'_>,
    traces: &Traces,
) -> Result<(Vec<Event>, Vec<Subscription>), Failure> {
    let lists = traces.organizations().into_iter().map(|organization| async move {
        context.table.list(&EventsOfTypes(organization, &EVENT_TYPES), false).await
    });
    let listed: Vec<Event> = try_join_all(lists).await?.into_iter().flatten().collect();
    let causes: BTreeSet<SubscriptionId> = listed
        .iter()
        .filter(|event| traces.is_author(event))
        .filter_map(|event| deactivation(event).and_then(|one| one.cause))
        .collect();
    let is_of_cause = |one: &SubscriptionDeactivated| one.cause.is_some_and(|cause| causes.contains(&cause));
    let is_own = |event: &&Event| match &event.kind {
        EventKind::SubscriptionDeactivated(one) => one.reason.is_some() && is_of_cause(one),
        EventKind::AccessGranted(one) => one.reason.is_some() && traces.is_author(event),
        _ => without(event, traces) != **event,
    };
    let mut wanted = BatchGet::new();
    let (mut events, mut subscriptions) = (Vec::new(), Vec::new());
    for event in listed.iter().filter(is_own) {
        let place = EventIn(event.log_scope(), event.id);
        wanted.add(&place);
        events.push(place);
        let subscription = deactivation(event).zip(event.organization_id);
        let subscription =
            subscription.map(|(one, organization)| SubscriptionOf(organization, one.subscription_id));
        subscription.iter().for_each(|lookup| wanted.add(lookup));
        subscriptions.extend(subscription);
    }
    let found = context.table.fetch(wanted, true).await?;
    let (mut all, mut deactivated) = (Vec::new(), Vec::new());
    for place in events {
        all.extend(found.get(&place)?);
    }
    for lookup in subscriptions {
        deactivated.extend(found.get(&lookup)?.filter(|one: &Subscription| reason(one).is_some()));
    }
    Ok((all, deactivated))
}

fn deactivation(event: &Event) -> Option<&SubscriptionDeactivated> {
    match &event.kind {
        EventKind::SubscriptionDeactivated(one) => Some(one),
        _ => None,
    }
}

fn reason(subscription: &Subscription) -> Option<&Description> {
    subscription.deactivation.as_ref()?.reason.as_ref()
}

/// Reads the orders that wait for their account, or did, and name the person as a contact.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn find_orders(context: &Context<'_>, traces: &Traces) -> Result<Vec<Order>, Failure> {
    let (parked, cancelled) = tokio::try_join!(
        context.table.list(&ParkedOrders(), false),
        context.table.list(&CancelledParkedOrders(), false),
    )?;
    let names = |one: &Order| {
        let mut contacts = one.subscriptions.iter().flat_map(|one| &one.line.contacts);
        contacts.any(|contact| contact.email == traces.email) && is_before(one.arrived_at(), traces.until)
    };
    let listed: Vec<_> = parked.into_iter().chain(cancelled).filter(names).collect();
    let lookup = |one: &Order| OrderOfSource(one.source_id, one.order_id.clone());
    let mut wanted = BatchGet::new();
    listed.iter().for_each(|one| wanted.add(&lookup(one)));
    let found = context.table.fetch(wanted, true).await?;
    let mut orders = Vec::new();
    for one in listed {
        orders.extend(found.get(&lookup(&one))?.filter(names));
    }
    Ok(orders)
}

/// Reads the entitlements of the person's organizations that have the e-mail as a value.
async fn find_entitlements(context: &Context<'_>, traces: &Traces) -> Result<Vec<Entitlement>, Failure> {
    let organizations: BTreeSet<OrganizationId> = traces.organizations();
    let lists = organizations.into_iter().map(|one| EntitlementsOf(Owner::Organization(one)));
    let lists = lists.map(|pattern| async move { context.table.list(&pattern, true).await });
    let mut all: Vec<Entitlement> = try_join_all(lists).await?.into_iter().flatten().collect();
    all.retain(|one| {
        let set_at = one.details_changed.as_ref().map_or(one.metadata.created_at, |changed| changed.at);
        is_before(set_at, traces.until) && !one.details.fields_with(traces.email.folded()).is_empty()
    });
    Ok(all)
}

/// Removes the person from the orders that name it as a contact.
async fn erase_orders(context: &Context<'_>, traces: &Traces, orders: &[Order]) -> Result<Work, Failure> {
    let mut work = Work::default();
    for before in orders {
        let (step, mut change) = (context.detached(), Change::new());
        let mut after = Order { metadata: before.metadata.next(step.now), ..before.clone() };
        for line in after.subscriptions.iter_mut().map(|one| &mut one.line) {
            line.contacts.retain(|contact| contact.email != traces.email);
        }
        change.replace(&after, before.metadata.version, None)?;
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Redacts the reasons for which the person deactivated subscriptions.
async fn redact_deactivations(
    context: &Context<'_>,
    subscriptions: &[Subscription],
) -> Result<Work, Failure> {
    let mut work = Work::default();
    for before in subscriptions {
        let (step, mut change) = (context.detached(), Change::new());
        let mut after = before.clone();
        if let Some(deactivation) = &mut after.deactivation {
            deactivation.reason = Some(Description::redacted());
        }
        if after != *before {
            after.metadata = before.metadata.next(step.now);
            change.replace(&after, before.metadata.version, None)?;
        }
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Returns an event without the person's e-mail, which only events about contacts without a record have.
fn without(event: &Event, traces: &Traces) -> Event {
    let (mut after, email) = (event.clone(), &traces.email);
    if !is_before(event.time, traces.until) {
        return after;
    }
    match &mut after.kind {
        EventKind::SubscriptionOrdered(SubscriptionOrdered {
            subscription_id,
            contacts,
            first_time_contacts,
            ..
        }) => {
            let own = contacts.iter_mut().chain(first_time_contacts).filter(|one| *one == email);
            own.for_each(|one| *one = Email::of_erased(*subscription_id));
        }
        EventKind::SubscriptionContactRemoved(removed) if removed.email.as_ref() == Some(email) => {
            removed.email = Some(Email::of_erased(removed.subscription_id));
        }
        _ => {}
    }
    after
}

/// Returns an event that the person caused without the reason that the person wrote.
fn redacted(mut event: Event) -> Event {
    match &mut event.kind {
        EventKind::AccessGranted(AccessGranted { reason, .. })
        | EventKind::SubscriptionDeactivated(SubscriptionDeactivated { reason, .. }) => {
            *reason = reason.take().map(|_| Description::redacted());
        }
        _ => {}
    }
    event
}
