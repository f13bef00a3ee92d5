//! The contacts of a subscription that an order creates.

use super::facts::Facts;
use crate::id::{CustomerId, OrganizationId};
use crate::order::{LineContact, SubscriptionLine};
use crate::subscription::{ContactPerson, SubscriptionContact};
use crate::text::Email;
use crate::time::Timestamp;

/// Returns the contacts of a line with the e-mails that it names, each e-mail once. A person who has a customer record
/// is a contact by that record. A person who was removed as a customer while the order waited since `since` is left
/// out: the e-mail may belong to another person by now.
pub(super) fn contacts_of(
    line: &SubscriptionLine,
    organization: OrganizationId,
    facts: &Facts,
    since: Timestamp,
) -> Vec<(Email, SubscriptionContact)> {
    let mut contacts: Vec<(Email, SubscriptionContact)> = Vec::new();
    for LineContact { email, name } in &line.contacts {
        let known = facts.contact(organization, email);
        let removed = known.removed_at.is_some_and(|removed| removed >= since);
        if !removed && contacts.iter().all(|(other, _)| other != email) {
            let person = match known.customer_id {
                Some(customer_id) => ContactPerson::Customer { customer_id },
                None => ContactPerson::NamedByOrder { email: email.clone(), name: name.clone() },
            };
            contacts.push((email.clone(), SubscriptionContact { person, since }));
        }
    }
    contacts
}

/// Returns the e-mails of the contacts who have no customer record, and the records of the others.
pub(super) fn by_kind(contacts: &[(Email, SubscriptionContact)]) -> (Vec<Email>, Vec<CustomerId>) {
    let (mut emails, mut customers) = (Vec::new(), Vec::new());
    for (email, contact) in contacts {
        match contact.customer_id() {
            Some(customer) => customers.push(customer),
            None => emails.push(email.clone()),
        }
    }
    (emails, customers)
}
