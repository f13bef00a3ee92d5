//! Contacts of subscriptions as they are now: without those who were removed or disabled as customers, and with current
//! names.

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, BatchResult, ContactHistoryOf, CustomerById, EmailInOrganization};
use api_runtime::{Context, Failure};
use domain::subscription::SubscriptionContact;
use domain::{CustomerId, OrganizationId};

/// Contacts that a subscription stores, of whom some may be contacts no longer.
pub(super) struct Contacts<'a> {
    /// Organization that the subscription belongs to.
    pub(super) organization: OrganizationId,
    /// Stored contacts.
    pub(super) contacts: &'a [SubscriptionContact],
}

/// Contact who still is one.
struct LastingContact<'a> {
    stored: &'a SubscriptionContact,
    /// The contact with its current name, if that was read.
    current: SubscriptionContact,
    /// Customer record that the e-mail got after the contact was added without one.
    later_record: Option<CustomerId>,
}

impl<'a> Contacts<'a> {
    fn record(&self, contact: &SubscriptionContact) -> EmailInOrganization {
        EmailInOrganization(Some(self.organization), contact.email.clone())
    }

    fn history(&self, contact: &SubscriptionContact) -> ContactHistoryOf {
        ContactHistoryOf(self.organization, contact.email.clone())
    }

    /// Adds to a batch read the items that decide who still is a contact.
    pub(super) fn want(&self, wanted: &mut BatchGet) {
        for contact in self.contacts {
            match contact.customer_id {
                Some(customer) => wanted.add(&CustomerById(customer)),
                None => {
                    wanted.add(&self.record(contact));
                    wanted.add(&self.history(contact));
                }
            }
        }
    }

    /// Returns those who still are contacts. Of the others, only a disabled customer becomes a contact again by itself,
    /// when it is enabled; `with_disabled` includes those.
    fn lasting(&self, found: &BatchResult, with_disabled: bool) -> Result<Vec<LastingContact<'a>>, Failure> {
        let mut lasting = Vec::new();
        for stored in self.contacts {
            let customer = stored.customer_id.map(|id| found.get(&CustomerById(id))).transpose()?.flatten();
            let customer =
                customer.filter(|one| one.is_active() || with_disabled && one.removed_at.is_none());
            let later_record =
                found.get(&self.record(stored))?.map(|record| record.person()).transpose()?.flatten();
            let removed_at = found.get(&self.history(stored))?.and_then(|history| match with_disabled {
                true => history.removed_at,
                false => history.gone_until(),
            });
            if stored.lasts(customer.as_ref().map(|customer| customer.id), removed_at) {
                let name = customer.map_or_else(|| stored.name.clone(), |customer| customer.name);
                let current = SubscriptionContact { name, ..stored.clone() };
                lasting.push(LastingContact { stored, current, later_record });
            }
        }
        Ok(lasting)
    }

    /// Reads who still is a contact; `with_disabled` includes contacts who are disabled as customers.
    pub(super) async fn read_lasting(
        &self,
        context: &Context<'_>,
        with_disabled: bool,
    ) -> Result<Vec<&'a SubscriptionContact>, Failure> {
        let mut wanted = BatchGet::new();
        self.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        Ok(self.lasting(&found, with_disabled)?.into_iter().map(|contact| contact.stored).collect())
    }

    /// Returns those who still are contacts, with their current names. Takes one more round trip if a contact got its
    /// customer record after it became a contact.
    pub(super) async fn current(
        &self,
        context: &Context<'_>,
        found: &BatchResult,
    ) -> Result<Vec<SubscriptionContact>, Failure> {
        let lasting = self.lasting(found, false)?;
        let later: BTreeSet<CustomerId> = lasting.iter().filter_map(|contact| contact.later_record).collect();
        let mut wanted = BatchGet::new();
        later.iter().for_each(|customer| wanted.add(&CustomerById(*customer)));
        let read = context.table.fetch(wanted, true).await?;
        let mut contacts = Vec::new();
        for LastingContact { current, later_record, .. } in lasting {
            let customer = later_record.map(|id| read.get(&CustomerById(id))).transpose()?.flatten();
            let name = customer.map_or_else(|| current.name.clone(), |customer| customer.name);
            contacts.push(SubscriptionContact { name, ..current });
        }
        Ok(contacts)
    }
}
