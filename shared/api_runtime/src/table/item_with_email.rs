//! Items that have an e-mail, as read from the table.

use domain::service_request::NotificationPreference;
use domain::{Customer, Email, Member, StaffRecord};

use super::access::GranteeMention;
use super::client::Table;
use super::contact_history::ContactHistory;
use super::error::Error;
use super::item::{Entity, Item, from_item};
use super::person::ItemsWithEmail;
use super::read::BatchGet;

/// Items that have an e-mail: the records of a person, also removed ones, and what names a person by its e-mail.
#[derive(Debug, Default)]
pub struct ItemsByEmail {
    /// Customers.
    pub customers: Vec<Customer>,
    /// Members of partners.
    pub members: Vec<Member>,
    /// Records of the vendor's staff.
    pub staff: Vec<StaffRecord>,
    /// Histories as a contact of subscriptions.
    pub histories: Vec<ContactHistory>,
    /// Preferences of a person without a record.
    pub preferences: Vec<NotificationPreference>,
    /// Mentions by grants that name no member.
    pub mentions: Vec<GranteeMention>,
}

impl ItemsByEmail {
    fn add(&mut self, item: Item) -> Result<(), Error> {
        match item.get("entity").and_then(|name| name.as_s().ok()).map(String::as_str) {
            Some(Customer::NAME) => self.customers.push(from_item(item)?),
            Some(Member::NAME) => self.members.push(from_item(item)?),
            Some(StaffRecord::NAME) => self.staff.push(from_item(item)?),
            Some(ContactHistory::NAME) => self.histories.push(from_item(item)?),
            Some(NotificationPreference::NAME) => self.preferences.push(from_item(item)?),
            Some(GranteeMention::NAME) => self.mentions.push(from_item(item)?),
            _ => return Err(Error::Internal("an item with an e-mail is of an unknown entity".to_owned())),
        }
        Ok(())
    }
}

impl Table {
    /// Finds all items that have an e-mail, by the index, and reads them with consistent reads.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn items_with_email(&self, email: &Email) -> Result<ItemsByEmail, Error> {
        let mut wanted = BatchGet::new();
        let listed = self.list(&ItemsWithEmail(email.clone()), false).await?;
        listed.into_iter().for_each(|item| wanted.add_key(item.at));
        let mut items = ItemsByEmail::default();
        let found = self.fetch(wanted, true).await?;
        found.0.into_values().try_for_each(|item| items.add(item))?;
        items.customers.sort_by_key(|customer| customer.id);
        items.members.sort_by_key(|member| member.id);
        Ok(items)
    }
}
