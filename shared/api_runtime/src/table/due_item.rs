//! Entities that can be due, as read from the table.

use domain::deactivation::PartyDeactivation;
use domain::erasure::Erasure;
use domain::{Access, AccessRequest, Order, Subscription};

use super::client::Table;
use super::due::{DueBy, DueEntry};
use super::error::Error;
use super::import_run::ImportRun;
use super::item::{Item, from_item};
use super::name_index::{FormerName, UnspelledName};
use super::pattern::ListPattern;
use super::read::{BatchGet, BatchResult, PageQuery};
use super::store::ParkedOrdersRelease;
use crate::table::item::Entity;
/// An entity that can be due.
#[derive(Debug)]
pub enum DueItem {
    /// Orders may still be parked for a store account that was linked to a partner.
    ParkedOrdersRelease(ParkedOrdersRelease),
    /// A parked order lapses, or an order has subscriptions that are still to be created.
    Order(Order),
    /// The spellings of a name are to be written.
    Name(UnspelledName),
    /// The spellings of a name that a person no longer has are to be removed.
    FormerName(FormerName),
    /// An import was interrupted and not resumed.
    Import(ImportRun),
    /// An access request lapses.
    Request(AccessRequest),
    /// A grant expires soon or has expired.
    Access(Access),
    /// Subscriptions that are linked to a deactivated one are still to be deactivated.
    Subscription(Box<Subscription>),
    /// A deactivation or restoration of a partner or an organization is to be continued, or looked at once more.
    Deactivation(Box<PartyDeactivation>),
    /// The erasure of a person is to be continued, or its final pass is due.
    Erasure(Box<Erasure>),
}

impl DueItem {
    pub(super) fn read(item: Item) -> Result<Self, Error> {
        match item.get("entity").and_then(|name| name.as_s().ok()).map(String::as_str) {
            Some(ParkedOrdersRelease::NAME) => from_item(item).map(Self::ParkedOrdersRelease),
            Some(Order::NAME) => from_item(item).map(Self::Order),
            Some(UnspelledName::NAME) => from_item(item).map(Self::Name),
            Some(FormerName::NAME) => from_item(item).map(Self::FormerName),
            Some(ImportRun::NAME) => from_item(item).map(Self::Import),
            Some(AccessRequest::NAME) => from_item(item).map(Self::Request),
            Some(Access::NAME) => from_item(item).map(Self::Access),
            Some(Subscription::NAME) => from_item(item).map(Box::new).map(Self::Subscription),
            Some(PartyDeactivation::NAME) => from_item(item).map(Box::new).map(Self::Deactivation),
            Some(Erasure::NAME) => from_item(item).map(Box::new).map(Self::Erasure),
            _ => Err(Error::Internal("a due item is of an unknown entity".to_owned())),
        }
    }
}

impl Table {
    /// Reads up to 100 due items with consistent reads. Returns them with the position after which there may be more.
    ///
    /// # Errors
    ///
    /// [`Error`]; for an item that cannot be read, the error is in its place.
    pub async fn due(
        &self,
        listing: &DueBy,
        after: Option<String>,
    ) -> Result<(Vec<(DueEntry, Result<DueItem, Error>)>, Option<String>), Error> {
        let page_query = PageQuery { size: 100, ascending: true, after, consistent: false };
        let page = self.page(listing, &page_query, None).await?;
        let mut wanted = BatchGet::new();
        page.items.iter().for_each(|due| wanted.add_key(due.at.clone()));
        let BatchResult(mut found) = self.fetch(wanted, true).await?;
        let (_, latest) = listing.range();
        let items = page.items.into_iter().filter_map(|due| {
            let item = found.remove(&due.at)?;
            // The index is eventually consistent: the item may have been done since.
            Some((DueEntry::read(due.at, &item, &latest)?, DueItem::read(item)))
        });
        Ok((items.collect(), page.next))
    }
}
