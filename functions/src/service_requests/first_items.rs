//! The first items of a list, as many as a service request shows.

use api_runtime::table::{ItemFilter, ListPattern, PageQuery};
use api_runtime::{Context, Failure};

/// Maximum number of items of each list in the answer.
pub(super) const MAX_ITEMS: usize = 50;

/// Returns the first items of a list that pass the filter, at most as many as are shown, and whether there are more.
pub(super) async fn first<L: ListPattern>(
    context: &Context<'_>,
    listing: &L,
    consistent: bool,
    wanted: ItemFilter<'_, L::Entity>,
) -> Result<(Vec<L::Entity>, bool), Failure> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page_query = PageQuery { size: MAX_ITEMS + 1 - items.len(), ascending: true, after, consistent };
        let page = context.table.page(listing, &page_query, Some(wanted)).await?;
        items.extend(page.items);
        let more = items.len() > MAX_ITEMS;
        if more || page.next.is_none() {
            items.truncate(MAX_ITEMS);
            return Ok((items, more));
        }
        after = page.next;
    }
}
