//! Numbers of the items that an erasure changes, and the objects that the person leaves without a manager or contact.

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, CountOfManagers};
use api_runtime::{Context, Failure};
use domain::erasure::{ErasureCounts, RecordIds};
use domain::service_request::{Person, ServiceRequestUpdate};
use domain::{EntitlementStatus, OrganizationId, Subscription, Timestamp};

use super::is_unrecorded;
use super::listed::ListedTraces;
use super::result::LastContact;
use super::traces::Traces;
use crate::party::{Names, Party};
use crate::subscriptions::last_contact::with_last_contact;

impl Traces {
    /// Returns the numbers of the items that an erasure changes. Items that belong to an erased record are not counted.
    pub fn counts(&self, listed: &ListedTraces, texts: usize, now: Timestamp) -> ErasureCounts {
        let (customers, members) = (&self.customers, &self.members);
        let removed = customers.iter().filter(|one| one.removed_at.is_none()).count()
            + members.iter().filter(|one| one.removed_at.is_none()).count();
        let (ids, unerased) = (self.member_ids(), self.unerased());
        let grants = |one: &domain::Access| {
            one.clone().erase(&self.email, &ids, self.until, now).map_or(0, |ended| ended.len())
        };
        let is_named =
            |one: &&domain::AccessRequest| one.erased((&self.email, self.until), &ids, false, now).is_some();
        let is_concerned = |one: &&domain::ServiceRequest| {
            let is = |person: &Person| {
                self.is_unerased(person, &unerased) && self.is(person, one.metadata.created_at)
            };
            is(&one.submitted_by) || one.contacts().any(|(_, contact)| is(contact))
        };
        let is_written = |one: &&ServiceRequestUpdate| match (&one.by.person, &one.by.subject) {
            (Some(person), _) => self.is_unerased(person, &unerased),
            (None, subject) => subject.iter().any(|subject| unerased.staff_subjects.contains(subject)),
        };
        let is_own = |one: &&domain::Entitlement| {
            one.status(now) != EntitlementStatus::Ended && one.subscription_id.is_none()
        };
        ErasureCounts {
            records: unerased.len(),
            removed_records: removed,
            grants: self.access.iter().map(grants).sum(),
            access_requests: self.requests.iter().filter(is_named).count(),
            subscriptions: self.subscriptions.iter().filter(|one| self.is_current_contact(one)).count(),
            orders: listed.orders.len(),
            service_requests: self.service_requests.iter().filter(is_concerned).count(),
            updates: self.updates.iter().filter(is_written).count(),
            texts,
            entitlements: self.entitlements.iter().filter(is_own).count(),
            preferences: self.preferences.len(),
        }
    }

    /// Returns whether a person has no record that is erased.
    fn is_unerased(&self, person: &Person, unerased: &RecordIds) -> bool {
        match person {
            Person::Customer { customer_id } => unerased.customer_ids.contains(customer_id),
            Person::Member { member_id, .. } => unerased.member_ids.contains(member_id),
            Person::Unrecorded { .. } => is_unrecorded(person, &self.email),
        }
    }

    /// Returns whether the person is a contact of a subscription, by a record that was not removed or as an order named it.
    fn is_current_contact(&self, subscription: &Subscription) -> bool {
        let is_customer = |one: &domain::Customer| {
            one.removed_at.is_none() && one.organization_id == Some(subscription.organization_id)
        };
        let current: BTreeSet<_> =
            self.customers.iter().filter(|one| is_customer(one)).map(|one| one.id).collect();
        subscription
            .contacts
            .iter()
            .filter(|one| self.is_contact(one))
            .any(|contact| contact.customer_id().is_none_or(|customer| current.contains(&customer)))
    }

    /// Returns the organizations whose last contact manager the person is.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn managed_alone(&self, context: &Context<'_>) -> Result<Vec<Party<OrganizationId>>, Failure> {
        let managers = self.customers.iter().filter(|one| one.manager && one.is_active());
        let organizations: BTreeSet<_> = managers.filter_map(|one| one.organization_id).collect();
        let mut wanted = BatchGet::new();
        organizations.iter().for_each(|one| wanted.add(&CountOfManagers(*one)));
        Names::want(&mut wanted, std::iter::empty(), organizations.iter().copied());
        let found = context.table.fetch(wanted, true).await?;
        let names = Names::among(&found, std::iter::empty(), organizations.iter().copied())?;
        let mut alone = Vec::new();
        for organization in organizations {
            let count = found.get(&CountOfManagers(organization))?.map_or(0, |count| count.count);
            alone.extend((count <= 1).then(|| names.organization(organization)));
        }
        Ok(alone)
    }

    /// Returns the subscriptions whose last contact the person is.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn contact_alone(&self, context: &Context<'_>) -> Result<Vec<LastContact>, Failure> {
        let alone =
            with_last_contact(context, &self.subscriptions, |contact| self.is_contact(contact)).await?;
        let organizations: BTreeSet<_> = alone.iter().map(|one| one.organization_id).collect();
        let names = Names::of(context, std::iter::empty(), organizations.iter().copied()).await?;
        let shown = alone.into_iter().map(|one| LastContact {
            subscription_id: one.id,
            organization: names.organization(one.organization_id),
            sku: one.sku.clone(),
        });
        Ok(shown.collect())
    }

    /// Returns whether an erasure has nothing to do. Items that only find others are left to the final pass of an erasure
    /// that `is_begun`.
    pub fn is_empty(&self, counts: &ErasureCounts, listed: &ListedTraces, is_begun: bool) -> bool {
        let is_named = self.access.iter().any(|one| one.names(&self.email));
        let finders = !self.histories.is_empty() || !self.mentions.is_empty();
        *counts == ErasureCounts::default()
            && !is_named
            && listed.entitlements.is_empty()
            && (is_begun || !finders)
    }
}
