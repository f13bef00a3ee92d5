//! Webhook sources.

use domain::{Source, SourceId};

use super::item::Entity;
use super::key::{Key, PROFILE};
use super::pattern::{Index, patterns};

/// Partition, in `by-facet`, of all webhook sources.
pub(super) const SOURCES: &str = "SOURCES";

impl Entity for Source {
    const NAME: &'static str = "webhook-source";

    fn key(&self) -> Key {
        source_key(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(source_among_all_key(self.id))
    }
}

patterns! {
    /// a webhook source
    lookup SourceById(source: SourceId) -> Source {
        source_key(*source),
        "`SOURCE#<source>` · `PROFILE`"
    }
    /// all webhook sources
    list Sources() -> Source {
        Index::ByFacet, SOURCES.to_owned(), "",
        "in `by-facet` `SOURCES` · `<source>`"
    }
}

/// Returns the key of a webhook source.
pub(super) fn source_key(source: SourceId) -> Key {
    Key::new(format!("SOURCE#{source}"), PROFILE)
}

/// Returns the key of a webhook source among all, in `by-facet`.
pub(super) fn source_among_all_key(source: SourceId) -> Key {
    Key::new(SOURCES, source.to_string())
}
