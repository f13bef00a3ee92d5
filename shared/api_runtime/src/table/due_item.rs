//! What can be due, read where it is.

use domain::{Access, AccessRequest, Order, Subscription};

use super::client::Table;
use super::due::{DueBy, DueEntry};
use super::error::Error;
use super::import_run::ImportRun;
use super::item::{Item, from_item};
use super::pattern::ListPattern;
use super::read::{BatchGet, BatchResult, PageQuery};
use super::store::ParkedOrdersRelease;
use crate::table::item::Entity;
/// What can be due.
#[derive(Debug)]
pub enum DueItem {
    /// Somebody must see whether parked orders are left.
    ParkedOrdersRelease(ParkedOrdersRelease),
    /// A parked order lapses, or some of an order's subscriptions are still to be made.
    Order(Order),
    /// An import was cut off.
    Import(ImportRun),
    /// A request for access lapses.
    Request(AccessRequest),
    /// Access has ended, or ends soon.
    Access(Access),
    /// What is linked to a deactivated subscription is still going down.
    Subscription(Box<Subscription>),
}

impl DueItem {
    pub(super) fn read(item: Item) -> Result<Self, Error> {
        match item.get("entity").and_then(|name| name.as_s().ok()).map(String::as_str) {
            Some(ParkedOrdersRelease::NAME) => from_item(item).map(Self::ParkedOrdersRelease),
            Some(Order::NAME) => from_item(item).map(Self::Order),
            Some(ImportRun::NAME) => from_item(item).map(Self::Import),
            Some(AccessRequest::NAME) => from_item(item).map(Self::Request),
            Some(Access::NAME) => from_item(item).map(Self::Access),
            Some(Subscription::NAME) => from_item(item).map(Box::new).map(Self::Subscription),
            _ => Err(Error::Internal("something is due, and nobody knows what to do about it".to_owned())),
        }
    }
}

impl Table {
    /// Reads what is due, as it is now: of 100 at a time, and the position after which there is more.
    ///
    /// # Errors
    ///
    /// [`Error`]; of an item that nobody can read, in its place.
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
            // The index is late: what it shows may have been done since.
            Some((DueEntry::read(due.at, &item, &latest)?, DueItem::read(item)))
        });
        Ok((items.collect(), page.next))
    }
}
