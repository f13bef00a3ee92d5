//! Erasure of the records of a person, and of what belongs to them alone: entitlements and preferences.

use api_runtime::table::{
    CountOfManagers, CountOfRemovals, EmailReservation, Reservation, count, remember_removal,
};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::entitlement::DetailsChange;
use domain::event::{CustomerRemoved, EntitlementDetailsChanged, EntitlementEnded, MemberRemoved};
use domain::{Customer, Entitlement, EntitlementStatus, FieldId, FieldKind, Member, StaffRecord};

use super::traces::Traces;
use super::{Work, apply};
use crate::entitlements::read_fields;

/// Erases the records. An active one is removed by the same transaction, as if it were removed by an operator; the last
/// contact manager of an organization, too. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn erase_records(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let mut work = Work::default();
    for customer in traces.customers.iter().filter(|one| one.erased_at.is_none()) {
        work += erase_customer(&context.detached(), customer).await?;
    }
    for member in traces.members.iter().filter(|one| one.erased_at.is_none()) {
        work += erase_member(&context.detached(), member).await?;
    }
    for staff in traces.staff.iter().filter(|one| one.erased_at.is_none()) {
        work += erase_staff(&context.detached(), staff).await?;
    }
    Ok(work)
}

async fn erase_customer(step: &Context<'_>, before: &Customer) -> Result<Work, Failure> {
    let (after, mut change) = (before.erased(step.now), Change::new());
    change.replace(&after, before.metadata.version, None)?;
    change.follow_name(Some(before), &after, step.now)?;
    if before.removed_at.is_none() {
        change.remove(&EmailReservation::of_customer(before));
        Reservation::customer_external_id(before).iter().for_each(|reservation| change.remove(reservation));
        if let Some(organization) = before.organization_id.filter(|_| before.manager && before.is_active()) {
            change.update(&CountOfManagers(organization), count::subtract(1, 0), |_| ConditionFailure::Stale);
        }
        if let Some(organization) = before.organization_id {
            // The history must not treat the next customer with the e-mail as disabled. The final pass deletes it.
            change.add(remember_removal(organization, &before.email, step.now));
        }
        change.record(after.event(CustomerRemoved { customer_id: after.id }));
    }
    apply(step, change).await
}

async fn erase_member(step: &Context<'_>, before: &Member) -> Result<Work, Failure> {
    let (after, mut change) = (before.erased(step.now), Change::new());
    change.replace(&after, before.metadata.version, None)?;
    change.follow_name(Some(before), &after, step.now)?;
    if before.removed_at.is_none() {
        change.remove(&EmailReservation::of_member(before));
        // A grant to the e-mail that is not found yet must not apply to the next member with it.
        let removals = CountOfRemovals(before.partner_id, before.email.clone());
        change.update(&removals, count::add(1, u64::MAX), |_| ConditionFailure::Stale);
        change.record(after.event(MemberRemoved { member_id: after.id }));
    }
    apply(step, change).await
}

async fn erase_staff(step: &Context<'_>, before: &StaffRecord) -> Result<Work, Failure> {
    let mut change = Change::new();
    change.replace(&before.erased(step.now), before.metadata.version, None)?;
    apply(step, change).await
}

/// Removes the preferences. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn remove_preferences(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let mut work = Work::default();
    for preference in &traces.preferences {
        let mut change = Change::new();
        change.remove_if_unchanged(preference, preference.metadata.version, None)?;
        work += apply(&context.detached(), change).await?;
    }
    Ok(work)
}

/// Returns the fields of an entitlement whose values may say who a person is: texts, e-mails, users, telephone numbers and
/// web addresses.
pub fn personal_fields(entitlement: &Entitlement, fields: &[(FieldId, FieldKind)]) -> Vec<FieldId> {
    let is_personal = |kind| {
        use FieldKind::{Email, Phone, Text, Url, User};
        matches!(kind, Text | Email | User | Phone | Url)
    };
    let of_kind = fields.iter().filter(|(_, kind)| is_personal(*kind)).map(|(id, _)| *id);
    of_kind.filter(|id| !entitlement.details.of(*id).is_empty()).collect()
}

/// Reads the detail fields with their types.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn field_kinds(context: &Context<'_>) -> Result<Vec<(FieldId, FieldKind)>, Failure> {
    Ok(read_fields(context).await?.kinds())
}

/// Ends the entitlements of the person's own, and removes their details that may say who the person is. Returns no work if nothing
/// is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn end_entitlements(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    if traces.entitlements.is_empty() {
        return Ok(Work::default());
    }
    let (mut work, fields) = (Work::default(), field_kinds(context).await?);
    for before in &traces.entitlements {
        let step = context.detached();
        let (metadata, entitlement_id) = (before.metadata.next(step.now), before.id);
        let mut change = Change::new();
        let changed_fields = personal_fields(before, &fields);
        // Each event has a version of the entitlement, so these are two steps.
        if before.status(step.now) != EntitlementStatus::Ended && before.subscription_id.is_none() {
            let ended_at = Some(before.end_now(step.now));
            let after = Entitlement { ended_at, metadata, ..before.clone() };
            change.replace(&after, before.metadata.version, None)?;
            change.record(after.event(EntitlementEnded { entitlement_id, ended_at }));
        } else {
            remove_details(&step, &mut change, before, changed_fields).await?;
        }
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Removes the details of others' entitlements whose value is the person's e-mail. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn remove_values(
    context: &Context<'_>,
    traces: &Traces,
    entitlements: &[Entitlement],
) -> Result<Work, Failure> {
    let mut work = Work::default();
    for before in entitlements {
        let (step, mut change) = (context.detached(), Change::new());
        let fields = before.details.fields_with(traces.email.folded());
        remove_details(&step, &mut change, before, fields).await?;
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Removes the values of detail fields, if there are such fields.
async fn remove_details(
    step: &Context<'_>,
    change: &mut Change,
    before: &Entitlement,
    changed_fields: Vec<FieldId>,
) -> Result<(), Failure> {
    if changed_fields.is_empty() {
        return Ok(());
    }
    let details_changed = Some(DetailsChange { at: step.now, by: step.author().await?, import_id: None });
    let (details, metadata) = (before.details.without(&changed_fields), before.metadata.next(step.now));
    let after = Entitlement { details, details_changed, metadata, ..before.clone() };
    change.replace(&after, before.metadata.version, None)?;
    let entitlement_id = before.id;
    change.record(after.event(EntitlementDetailsChanged { entitlement_id, changed_fields }));
    Ok(())
}
