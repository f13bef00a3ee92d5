//! Reads one item, many items at once, a listing, or a page of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures_util::{StreamExt, stream};

use super::client::Table;
use super::error::{Error, Pause, sdk_error};
use super::item::{self, Item};
use super::key::Key;
use super::pattern::{ListPattern, Lookup};

/// Requested part of a listing.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// Maximum number of items.
    pub size: usize,
    /// Whether to read in ascending order of sort keys; otherwise in descending order.
    pub ascending: bool,
    /// Sort key after which the page begins; `None` for the first page.
    pub after: Option<String>,
    /// Whether to use a consistent read, which no index supports.
    pub consistent: bool,
}

/// A page of a listing.
#[derive(Debug)]
pub struct Page<E> {
    /// Items of the page.
    pub items: Vec<E>,
    /// Sort key after which there may be more items; `None` on the last page.
    pub next: Option<String>,
}

impl<E> Page<E> {
    /// Merges pages of several listings, all read with the same query, into one page without duplicates; `place`
    /// returns the sort key that an item has in all of them. A listing that has more items is only known up to its
    /// `next`, so the merged page does not extend beyond the first such position.
    pub fn merge(pages: Vec<Self>, page_query: &PageQuery, place: impl Fn(&E) -> String) -> Self {
        let in_order =
            |one: &String, other: &String| if page_query.ascending { one <= other } else { one >= other };
        let sooner = |one: String, other: String| if in_order(&one, &other) { one } else { other };
        let known_to = pages.iter().filter_map(|page| page.next.clone()).reduce(sooner);
        let items = pages.into_iter().flat_map(|page| page.items).map(|item| (place(&item), item));
        let mut items: Vec<_> =
            items.filter(|(at, _)| known_to.as_ref().is_none_or(|known_to| in_order(at, known_to))).collect();
        items.sort_by(
            |(one, _), (other, _)| if page_query.ascending { one.cmp(other) } else { other.cmp(one) },
        );
        items.dedup_by(|(one, _), (other, _)| one == other);
        let next = match items.len() > page_query.size {
            true => items.iter().take(page_query.size).next_back().map(|(at, _)| at.clone()),
            false => known_to,
        };
        Self { items: items.into_iter().take(page_query.size).map(|(_, item)| item).collect(), next }
    }
}

/// Predicate that selects items of a listing.
pub type ItemFilter<'a, E> = &'a (dyn Fn(&E) -> bool + Sync);

/// Maximum number of items that DynamoDB reads in one `BatchGetItem` request.
const BATCH: usize = 100;

/// Number of batches that are read concurrently.
const CONCURRENT_BATCHES: usize = 4;

/// Items that a page with a filter examines per requested item; at least [`EXAMINED_LEAST`]. Because of this limit the
/// page may be short. (DynamoDB also ends a page at 1 MB.)
const EXAMINED_EACH: usize = 8;
const EXAMINED_LEAST: usize = 100;

impl Table {
    /// Reads one item with a consistent read.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn get<L: Lookup>(&self, lookup: &L) -> Result<Option<L::Entity>, Error> {
        let key = lookup.key().attributes();
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let found = request.send().await.map_err(|error| sdk_error(&error))?;
        found.item.map(item::from_item).transpose()
    }

    /// Reads many items at once, with consistent reads if `consistent`.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn fetch(&self, wanted: BatchGet, consistent: bool) -> Result<BatchResult, Error> {
        let wanted: Vec<Key> = wanted.0.into_iter().collect();
        let mut batches = Vec::new();
        for keys in wanted.chunks(BATCH) {
            batches.push(self.fetch_batch(keys, consistent));
        }
        let mut batches = stream::iter(batches).buffer_unordered(CONCURRENT_BATCHES);
        let mut found = BatchResult(HashMap::with_capacity(wanted.len()));
        while let Some(items) = batches.next().await {
            found.0.extend(items?);
        }
        Ok(found)
    }

    /// Reads the items of many lookups at once, in their order, without those that do not exist.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn fetch_all<L: Lookup>(&self, lookups: &[L]) -> Result<Vec<L::Entity>, Error> {
        let mut wanted = BatchGet::new();
        lookups.iter().for_each(|lookup| wanted.add(lookup));
        let found = self.fetch(wanted, false).await?;
        lookups.iter().filter_map(|lookup| found.get(lookup).transpose()).collect()
    }

    async fn fetch_batch(&self, keys: &[Key], consistent: bool) -> Result<Vec<(Key, Item)>, Error> {
        let keys = keys.iter().map(Key::attributes).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent).build()?;
        let mut left = Some(wanted);
        let mut pause = Pause::default();
        let mut found = Vec::new();
        // DynamoDB may leave some keys unprocessed; the caller's deadline bounds the loop.
        while let Some(wanted) = left.take().filter(|wanted| !wanted.keys().is_empty()) {
            let request = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = request.send().await.map_err(|error| sdk_error(&error))?;
            for item in answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default() {
                let text = |name: &str| match item.get(name) {
                    Some(AttributeValue::S(text)) => text.clone(),
                    _ => String::new(),
                };
                found.push((Key { pk: text("pk"), sk: text("sk") }, item));
            }
            left = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
            if left.is_some() {
                pause.take().await;
            }
        }
        Ok(found)
    }

    /// Reads all items of a listing, with consistent reads if `consistent`, which no index supports.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list<L: ListPattern>(&self, listing: &L, consistent: bool) -> Result<Vec<L::Entity>, Error> {
        let all = self.list_at_most(listing, consistent, &AtomicUsize::new(usize::MAX)).await?;
        Ok(all.unwrap_or_default())
    }

    /// Reads all items of a listing like [`Self::list`]; `None` if that examines more items than are `left`. Several
    /// listings may share what is left.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list_at_most<L: ListPattern>(
        &self,
        listing: &L,
        consistent: bool,
        left: &AtomicUsize,
    ) -> Result<Option<Vec<L::Entity>>, Error> {
        let mut items = Vec::new();
        let mut after: Option<Item> = None;
        loop {
            let limit = i32::try_from(left.load(Relaxed).saturating_add(1)).ok();
            let request = self.query(listing, listing.range()).consistent_read(consistent).set_limit(limit);
            let answer =
                request.set_exclusive_start_key(after).send().await.map_err(|error| sdk_error(&error))?;
            let examined = usize::try_from(answer.scanned_count).unwrap_or_default();
            if left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(examined)).is_err() {
                return Ok(None);
            }
            for item in answer.items.unwrap_or_default() {
                items.push(item::from_item(item)?);
            }
            after = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(Some(items));
            }
        }
    }

    /// Reads a page of a listing. Sort keys are unique in a partition, so the last one is a position that stays valid
    /// while items are being added. With `wanted` the page contains only items that it accepts, among up to 1 MB of
    /// examined items.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn page<L: ListPattern>(
        &self,
        listing: &L,
        page_query: &PageQuery,
        wanted: Option<ItemFilter<'_, L::Entity>>,
    ) -> Result<Page<L::Entity>, Error> {
        let (low, high) = listing.range();
        // A position outside of the range belongs to another listing and is ignored.
        let after = page_query.after.as_ref().filter(|after| (&low..=&high).contains(after));
        let range = match (after, page_query.ascending) {
            (Some(after), true) => (after.clone(), high),
            (Some(after), false) => (low, after.clone()),
            (None, _) => (low, high),
        };
        // One item more than requested tells whether there is a next page. The range includes the position, so its item
        // is read again.
        let needed = page_query.size + 1 + usize::from(after.is_some());
        let examined = (needed * EXAMINED_EACH).max(EXAMINED_LEAST);
        let limit = if listing.filter().is_empty() { needed } else { examined };
        let limit = wanted.is_none().then(|| i32::try_from(limit).unwrap_or(i32::MAX));
        let request = self.query(listing, range).scan_index_forward(page_query.ascending).set_limit(limit);
        let request = request.consistent_read(page_query.consistent);
        let answer = request.send().await.map_err(|error| sdk_error(&error))?;

        let (_, sort) = listing.index().attributes();
        let position = |item: &Item| match item.get(sort) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        let found = answer.items.unwrap_or_default().into_iter();
        let (mut items, mut last) = (Vec::new(), None);
        for item in found.filter(|item| after.is_none() || position(item).as_ref() != after) {
            let place = position(&item);
            let item = item::from_item(item)?;
            if wanted.is_some_and(|wanted| !wanted(&item)) {
                continue;
            }
            if items.len() == page_query.size {
                return Ok(Page { items, next: last });
            }
            items.push(item);
            last = place;
        }
        Ok(Page { items, next: answer.last_evaluated_key.as_ref().and_then(position) })
    }

    fn query<L: ListPattern>(&self, listing: &L, (low, high): (String, String)) -> QueryFluentBuilder {
        let (partition, sort) = listing.index().attributes();
        let mut request = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(listing.index().name().map(str::to_owned))
            .key_condition_expression("#partition = :partition AND #sort BETWEEN :low AND :high")
            .expression_attribute_names("#partition", partition)
            .expression_attribute_names("#sort", sort)
            .expression_attribute_values(":partition", AttributeValue::S(listing.partition()))
            .expression_attribute_values(":low", AttributeValue::S(low))
            .expression_attribute_values(":high", AttributeValue::S(high));
        let mut filter = Vec::new();
        for (number, (path, values)) in listing.filter().into_iter().enumerate() {
            let path: Vec<String> = path.iter().map(|name| format!("#{name}")).collect();
            for name in &path {
                request = request.expression_attribute_names(name, name.trim_start_matches('#'));
            }
            let mut accepted = Vec::new();
            for value in values {
                let name = format!(":is{number}x{}", accepted.len());
                request = request.expression_attribute_values(&name, value);
                accepted.push(name);
            }
            filter.push(format!("{} IN ({})", path.join("."), accepted.join(", ")));
        }
        request.set_filter_expression(Some(filter.join(" AND ")).filter(|filter| !filter.is_empty()))
    }
}

/// Keys of items that are read together.
#[derive(Debug, Default)]
pub struct BatchGet(BTreeSet<Key>);

impl BatchGet {
    /// Returns an empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the item of a lookup.
    pub fn add<L: Lookup>(&mut self, lookup: &L) {
        self.add_key(lookup.key());
    }

    pub(super) fn add_key(&mut self, key: Key) {
        self.0.insert(key);
    }
}

/// Items that were read together, without those that do not exist.
#[derive(Debug, Default)]
pub struct BatchResult(pub(super) HashMap<Key, Item>);

impl BatchResult {
    /// Returns the item of a lookup; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Fails if the item is not one of the lookup's entity.
    pub fn get<L: Lookup>(&self, lookup: &L) -> Result<Option<L::Entity>, Error> {
        self.0.get(&lookup.key()).cloned().map(item::from_item).transpose()
    }

    /// Takes the item of a lookup out of the result; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Fails if the item is not one of the lookup's entity.
    pub fn take<L: Lookup>(&mut self, lookup: &L) -> Result<Option<L::Entity>, Error> {
        self.0.remove(&lookup.key()).map(item::from_item).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a page of a listing of these texts. Like a page of DynamoDB it may be short.
    fn page(all: &[String], page_query: &PageQuery) -> Page<String> {
        let after = |one: &&String| match (&page_query.after, page_query.ascending) {
            (Some(after), true) => *one > after,
            (Some(after), false) => *one < after,
            (None, _) => true,
        };
        let mut all: Vec<String> = all.iter().filter(after).cloned().collect();
        all.sort();
        if !page_query.ascending {
            all.reverse();
        }
        let size = match fastrand::bool() {
            true => page_query.size,
            // DynamoDB may end a page after any item, but not before the first one.
            false => fastrand::usize(1..=page_query.size),
        };
        let next = (all.len() > size).then(|| all[size - 1].clone());
        all.truncate(size);
        Page { items: all, next }
    }

    #[test]
    fn merged_pages_return_every_item_once_in_order() {
        for _ in 0..2_000 {
            let some = || -> Vec<String> {
                let all: BTreeSet<_> =
                    (0..fastrand::usize(..12)).map(|_| format!("{:02}", fastrand::u8(..20))).collect();
                all.into_iter().collect()
            };
            let listings: Vec<_> = (0..fastrand::usize(1..4)).map(|_| some()).collect();
            let (size, ascending) = (fastrand::usize(1..6), fastrand::bool());
            let mut page_query = PageQuery { size, ascending, after: None, consistent: false };
            let mut seen = Vec::new();
            loop {
                let pages = listings.iter().map(|all| page(all, &page_query)).collect();
                let merged = Page::merge(pages, &page_query, String::clone);
                assert!(merged.items.len() <= size);
                seen.extend(merged.items);
                match merged.next {
                    Some(next) => page_query.after = Some(next),
                    None => break,
                }
            }
            let all: BTreeSet<_> = listings.iter().flatten().cloned().collect();
            let mut all: Vec<_> = all.into_iter().collect();
            if !ascending {
                all.reverse();
            }
            assert_eq!(seen, all, "{listings:?}");
        }
    }
}
