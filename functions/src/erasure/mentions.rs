//! Erasure of a person from service requests, and from the subscriptions that name it as a contact without a record.

use std::collections::BTreeSet;

use api_runtime::table::{ContactEntry, EmailInOrganization, SubscriptionsOf};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::event::SubscriptionContactRemoved;
use domain::service_request::{Person, ServiceRequestUpdate, UpdateText};
use domain::{Email, Name, ServiceRequest, ServiceRequestId, Subscription};

use super::traces::Traces;
use super::{Work, apply, is_before, is_unrecorded};

/// Takes the person's e-mail out of service requests and their updates, and redacts what the person wrote, if that is
/// wanted. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn erase_service_requests(
    context: &Context<'_>,
    traces: &Traces,
    redacts_texts: bool,
) -> Result<Work, Failure> {
    let mut work = Work::default();
    for before in &traces.service_requests {
        work += erase_service_request(&context.detached(), traces, before, redacts_texts).await?;
    }
    for before in &traces.updates {
        let mut after = before.clone();
        if let Some(by) = &mut after.by.person {
            *by = erased(by, &traces.email, before.service_request_id);
        }
        if redacts_texts {
            after.text = after.text.map(|_| UpdateText::redacted());
        }
        let mut change = Change::new();
        if after != *before {
            change.put::<ServiceRequestUpdate>(&after)?;
        }
        work += apply(&context.detached(), change).await?;
    }
    Ok(work)
}

/// Returns a person without the e-mail, if it is the one without a record who has this e-mail.
fn erased(person: &Person, email: &Email, request: ServiceRequestId) -> Person {
    match is_unrecorded(person, email) {
        true => Person::Unrecorded { email: Email::of_erased(request) },
        false => person.clone(),
    }
}

async fn erase_service_request(
    step: &Context<'_>,
    traces: &Traces,
    before: &ServiceRequest,
    redacts_texts: bool,
) -> Result<Work, Failure> {
    let mut after = before.clone();
    if is_before(before.metadata.created_at, traces.until) {
        let people = after.additional_contacts.iter_mut();
        for person in people.chain([&mut after.submitted_by, &mut after.primary_contact]) {
            *person = erased(person, &traces.email, before.id);
        }
    }
    if redacts_texts && traces.is(&before.submitted_by, before.metadata.created_at) {
        (after.subject, after.description) = (Name::redacted(), UpdateText::redacted());
    }
    if after == *before {
        return Ok(Work::default());
    }
    let mut change = Change::new();
    after.metadata = before.metadata.next(step.now);
    for ((_, old), (_, new)) in before.contacts().zip(after.contacts()).filter(|((_, a), (_, b))| a != b) {
        ContactEntry::of(before, old).iter().for_each(|entry| change.remove(entry));
        if let Some(entry) = ContactEntry::of(&after, new) {
            change.put(&entry)?;
        }
    }
    change.replace(&after, before.metadata.version, None)?;
    apply(step, change).await
}

/// Removes the person from the subscriptions that name it as a contact without a record. Returns no work if nothing
/// is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn remove_contacts(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let mut work = Work::default();
    for before in &traces.subscriptions {
        let (step, mut change) = (context.detached(), Change::new());
        let mut after = before.clone();
        after
            .contacts
            .retain(|one| one.email_in_order() != Some(&traces.email) || !is_before(one.since, traces.until));
        if after.contacts.len() < before.contacts.len() {
            after.metadata = before.metadata.next(step.now);
            change.replace::<Subscription>(&after, before.metadata.version, None)?;
            let (subscription_id, email) = (after.id, Some(Email::of_erased(after.id)));
            let removed = SubscriptionContactRemoved { subscription_id, email, customer_id: None };
            change.record(after.event(removed));
        }
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Forgets that the e-mail was a contact of organizations, unless it is the e-mail of a contact or customer of the
/// organization again.
///
/// # Errors
///
/// [`Failure`].
pub async fn forget_contacts(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let mut work = Work::default();
    let organizations: BTreeSet<_> = traces.histories.iter().map(|one| one.organization_id).collect();
    for organization in organizations {
        let (step, customer) =
            (context.detached(), EmailInOrganization(Some(organization), traces.email.clone()));
        let subscriptions = SubscriptionsOf(organization);
        let (holder, subscriptions) =
            tokio::try_join!(step.table.get(&customer), step.table.list(&subscriptions, true))?;
        let mut contacts = subscriptions.iter().flat_map(|one| &one.contacts);
        if holder.is_some() || contacts.any(|one| one.email_in_order() == Some(&traces.email)) {
            continue;
        }
        let mut change = Change::new();
        change.require_absent(&customer, || ConditionFailure::Stale);
        traces
            .histories
            .iter()
            .filter(|one| one.organization_id == organization)
            .for_each(|one| change.remove(one));
        work += apply(&step, change).await?;
    }
    Ok(work)
}
