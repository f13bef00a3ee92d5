//! Reads the page of a list that a call requests.

use serde::Serialize;

use super::{Context, PageRequest};
use crate::answer::{Failure, List};
use crate::page_token;
use crate::table::{Error, ListPattern, PageQuery};

/// Maximum number of bytes of JSON in a page of large items, not counting its last item. The response of a function, in
/// which the JSON is escaped as a string, has at most 6 MB (AWS, 2026).
const MOST_BYTES: usize = 1024 * 1024;

impl Context<'_> {
    /// Reads the requested page.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn page<L: ListPattern>(
        &self,
        listing: &L,
        ascending: bool,
    ) -> Result<List<L::Entity>, Failure> {
        let page = self.table.page(listing, &self.page_query(ascending), None).await?;
        Ok(self.list(page.items, page.next))
    }

    /// Reads the requested page with consistent reads, which no index supports.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn consistent_page<L: ListPattern>(
        &self,
        listing: &L,
        ascending: bool,
    ) -> Result<List<L::Entity>, Failure> {
        let page_query = PageQuery { consistent: true, ..self.page_query(ascending) };
        let page = self.table.page(listing, &page_query, None).await?;
        Ok(self.list(page.items, page.next))
    }

    /// Reads the requested page of the items that `wanted` accepts. It may be short or empty although more pages
    /// follow.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn filtered_page<L: ListPattern>(
        &self,
        listing: &L,
        ascending: bool,
        wanted: impl Fn(&L::Entity) -> bool + Sync,
    ) -> Result<List<L::Entity>, Failure> {
        let page = self.table.page(listing, &self.page_query(ascending), Some(&wanted)).await?;
        Ok(self.list(page.items, page.next))
    }

    /// Returns the requested page of all items, which are given in any order, each with a unique position to sort by.
    pub fn page_of_all<T>(&self, mut all: Vec<(String, T)>) -> List<T> {
        let PageRequest { size, after, .. } = &self.options.page;
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut rest = all.into_iter().skip_while(|(position, _)| Some(position) <= after.as_ref());
        let (positions, items): (Vec<_>, Vec<_>) = rest.by_ref().take(*size).unzip();
        let next = rest.next().and(positions.into_iter().next_back());
        self.list(items, next)
    }

    /// Returns the part of a listing that the requested page covers.
    pub fn page_query(&self, ascending: bool) -> PageQuery {
        let PageRequest { size, after, .. } = &self.options.page;
        PageQuery { size: *size, ascending, after: after.clone(), consistent: false }
    }

    /// Returns a page; the next page begins after the position `next`.
    pub fn list<T>(&self, items: Vec<T>, next: Option<String>) -> List<T> {
        let bound_to = &self.options.page.bound_to;
        let seal = |position: String| page_token::seal(self.key?, bound_to, &position);
        List { items, next_page_token: next.and_then(seal) }
    }

    /// Returns a page of items that may be large, each given with its position. The page ends after the item that takes
    /// it over one megabyte of JSON.
    ///
    /// # Errors
    ///
    /// Fails only if an item cannot be serialized.
    pub fn list_of_large<T: Serialize>(
        &self,
        items: impl IntoIterator<Item = (String, T)>,
        next: Option<String>,
    ) -> Result<List<T>, Error> {
        let (mut some, mut bytes) = (Vec::new(), 0_usize);
        let mut items = items.into_iter().peekable();
        while let Some((position, item)) = items.next() {
            let json = serde_json::to_vec(&item).map_err(|error| Error::Internal(error.to_string()))?;
            bytes = bytes.saturating_add(json.len());
            some.push(item);
            if bytes > MOST_BYTES && items.peek().is_some() {
                return Ok(self.list(some, Some(position)));
            }
        }
        Ok(self.list(some, next))
    }
}
