//! Contacts of subscriptions as they are now: without those who were removed or disabled as customers, and with current
//! names and e-mails.

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, BatchResult, ContactHistoryOf, CustomerById, EmailInOrganization};
use api_runtime::{Context, Failure};
use domain::subscription::{ContactPerson, SubscriptionContact};
use domain::{Customer, CustomerId, Email, Name, OrganizationId, Subscription, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// Contacts that a subscription stores, of whom some may be contacts no longer.
pub(super) struct Contacts<'a> {
    /// Organization that the subscription belongs to.
    pub(super) organization: OrganizationId,
    /// Stored contacts.
    pub(super) contacts: &'a [SubscriptionContact],
}

/// Customer who manages a subscription, with its current name and e-mail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SubscriptionContact")]
pub struct ContactView {
    /// E-mail of the contact; at most 254 bytes.
    email: Email,
    /// Display name of the contact; 1 to 200 characters.
    name: Name,
    /// Time from which the person is a contact; RFC 3339, UTC.
    since: Timestamp,
    /// Customer record of the contact; without that record it is a contact no longer. Absent if an order named the
    /// contact before there was a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
}

/// Contact who still is one.
struct LastingContact<'a> {
    stored: &'a SubscriptionContact,
    /// The contact with the name and e-mail that were read.
    view: ContactView,
    /// Customer record that the e-mail got after an order named the contact.
    later_record: Option<CustomerId>,
}

impl<'a> Contacts<'a> {
    /// Returns the contacts that a subscription stores.
    pub(super) fn of(one: &'a Subscription) -> Self {
        Self { organization: one.organization_id, contacts: &one.contacts }
    }

    fn record(&self, email: &Email) -> EmailInOrganization {
        EmailInOrganization(Some(self.organization), email.clone())
    }

    /// Returns whether a customer has belonged to the organization since it became a contact. A customer who was moved
    /// away and back is a contact only if it was added again.
    fn is_since_its_move(&self, customer: &Customer, since: Timestamp) -> bool {
        let is_here = customer.organization_id == Some(self.organization);
        is_here && customer.moved_at.is_none_or(|moved| moved < since)
    }

    /// Returns whether a customer still is a contact by its record.
    pub(super) fn include_record(&self, customer: &Customer) -> bool {
        let is_it = |contact: &SubscriptionContact| contact.customer_id() == Some(customer.id);
        let mut stored = self.contacts.iter().filter(|contact| is_it(contact));
        stored.any(|contact| self.is_since_its_move(customer, contact.since))
    }

    fn history(&self, email: &Email) -> ContactHistoryOf {
        ContactHistoryOf(self.organization, email.clone())
    }

    /// Adds to a batch read the items that decide who still is a contact.
    pub(super) fn want(&self, wanted: &mut BatchGet) {
        for contact in self.contacts {
            match &contact.person {
                ContactPerson::Customer { customer_id } => wanted.add(&CustomerById(*customer_id)),
                ContactPerson::NamedByOrder { email, .. } => {
                    wanted.add(&self.record(email));
                    wanted.add(&self.history(email));
                }
            }
        }
    }

    /// Returns those who still are contacts. Of the others, only a disabled customer becomes a contact again by itself,
    /// when it is enabled; `with_disabled` includes those.
    fn lasting(&self, found: &BatchResult, with_disabled: bool) -> Result<Vec<LastingContact<'a>>, Failure> {
        let mut lasting = Vec::new();
        for stored in self.contacts {
            let since = stored.since;
            match &stored.person {
                ContactPerson::Customer { customer_id } => {
                    let customer = found.get(&CustomerById(*customer_id))?;
                    let is_customer = |customer: &Customer| {
                        let counts = customer.is_active() || with_disabled && customer.removed_at.is_none();
                        counts && self.is_since_its_move(customer, since)
                    };
                    lasting.extend(customer.filter(is_customer).map(
                        |Customer { id, email, name, .. }| {
                            let view = ContactView { email, name, since, customer_id: Some(id) };
                            LastingContact { stored, view, later_record: None }
                        },
                    ));
                }
                ContactPerson::NamedByOrder { email, name } => {
                    let record = found.get(&self.record(email))?;
                    let later_record = record.map(|record| record.person()).transpose()?.flatten();
                    let history = found.get(&self.history(email))?;
                    let removed_at = history.and_then(|history| match with_disabled {
                        true => history.removed_at,
                        false => history.gone_until(),
                    });
                    if stored.lasts(None, removed_at) {
                        let (email, name) = (email.clone(), name.clone());
                        let view = ContactView { email, name, since, customer_id: None };
                        lasting.push(LastingContact { stored, view, later_record });
                    }
                }
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

    /// Returns those who still are contacts, as the subscription stores them.
    pub(super) fn lasting_among(&self, found: &BatchResult) -> Result<Vec<&'a SubscriptionContact>, Failure> {
        Ok(self.lasting(found, false)?.into_iter().map(|contact| contact.stored).collect())
    }

    /// Returns those who still are contacts, for rows of a list. A contact whom an order named has the name of the order,
    /// also if it got a customer record later.
    pub(super) fn among(&self, found: &BatchResult) -> Result<Vec<ContactView>, Failure> {
        Ok(self.lasting(found, false)?.into_iter().map(|contact| contact.view).collect())
    }

    /// Returns those who still are contacts, with their current names. Takes one more round trip if a contact got its
    /// customer record after it became a contact.
    pub(super) async fn current(
        &self,
        context: &Context<'_>,
        found: &BatchResult,
    ) -> Result<Vec<ContactView>, Failure> {
        let lasting = self.lasting(found, false)?;
        let later: BTreeSet<CustomerId> = lasting.iter().filter_map(|contact| contact.later_record).collect();
        let mut wanted = BatchGet::new();
        later.iter().for_each(|customer| wanted.add(&CustomerById(*customer)));
        let read = context.table.fetch(wanted, true).await?;
        let mut contacts = Vec::new();
        for LastingContact { view, later_record, .. } in lasting {
            let customer = later_record.map(|id| read.get(&CustomerById(id))).transpose()?.flatten();
            let name = customer.map_or_else(|| view.name.clone(), |customer| customer.name);
            contacts.push(ContactView { name, ..view });
        }
        Ok(contacts)
    }

    /// Returns the stored contacts who still are contacts or are disabled, by the items that were read.
    pub(super) fn stored_among(&self, found: &BatchResult) -> Result<Vec<&'a SubscriptionContact>, Failure> {
        Ok(self.lasting(found, true)?.into_iter().map(|contact| contact.stored).collect())
    }
}
