//! Search by name: finds names in the index without reading all of them.
//!
//! A name that matches has a part for each word of the search text, so it is found by any of them. The search follows
//! the word that leads to the fewest names: first to the parts that begin with the word itself, then, by the spellings
//! that the word has in common with words of names, to the parts that begin with these. Each such beginning is a *range*
//! of parts; ranges are read in the order of the edits that lead to them. The first range is that of the names that begin
//! with the whole search text.
//!
//! The first pages show what is found in three steps, each of concurrent reads (the words' own ranges, the spellings,
//! the ranges to which these lead), the best matches first. If that is not all, further pages continue where the search
//! stopped, in the order of the ranges.

use std::collections::BTreeSet;

use domain::NameQuery;
use domain::search::{Match, index, sort_key};

use super::{Context, PageRequest};
use crate::answer::{Failure, List, OrNotFound};
use crate::table::{Error, NamePart, NameParts, NameScope, NameSpellings, Page, PageQuery, PartnerById};

/// Maximum number of words of a search text of which the one to follow is chosen; the longest ones.
const MAX_WORDS: usize = 5;
/// Number of names that are first read of a range; one with fewer is read whole.
const FEW: usize = 25;
/// Number of names that are first read of those that begin with the search text.
const BEGINNINGS: usize = 100;
/// Number of names that are read of a range of which [`FEW`] are not enough.
const MANY: usize = 250;
/// Number of matches that are enough to show without reading more of a range.
const ENOUGH: usize = 25;
/// Maximum number of spellings that are read, in equal parts for each of the letters that a word may have in common with
/// them. Among words that are more alike than those of any language, some are left out.
const MAX_SPELLINGS: usize = 1_000;
/// Maximum number of ranges that a page reads after those of the word itself.
const MAX_RANGES: usize = 10;

/// Parts of names that begin with the same text. Ranges sort in the order in which they are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    /// Number of edits that lead from the word of the search text to this range.
    edits: usize,
    /// 0 for the beginnings of names; then the number of words before it with which the word of the search text is joined,
    /// and its spelling.
    order: usize,
    prefix: String,
}

/// Position in the results of a search, after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Position {
    /// Among the names that the first steps find, by their rank.
    Ranked(String),
    /// Among the names that further steps find.
    Walked(Stop),
}

/// Place at which a search stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stop {
    /// Word of the search text that the search follows.
    word: usize,
    range: Range,
    /// Sort key in the range; empty at its beginning.
    after: String,
}

/// A search.
struct Search<'a> {
    context: &'a Context<'a>,
    scope: NameScope,
    query: &'a NameQuery,
}

/// Names that were found, and where the search stopped, unless it found all.
#[derive(Default)]
struct Found {
    names: Vec<FoundName>,
    stopped_at: Option<Stop>,
}

/// A name that matches.
struct FoundName {
    at: Stop,
    quality: Match,
    part: NamePart,
}

impl Context<'_> {
    /// Reads the requested page of the names that match a search text, the best matches of the page first. A page may be
    /// short although more pages follow. Names are eventually consistent.
    ///
    /// # Errors
    ///
    /// 404 if the partner of a directory does not exist; [`Failure::Table`].
    pub async fn search_names(&self, scope: NameScope, query: &NameQuery) -> Result<List<NamePart>, Failure> {
        let PageRequest { size, after, .. } = &self.options.page;
        let search = Search { context: self, scope, query };
        let position = after.as_deref().and_then(Position::parse);
        let (names, next) = match position {
            Some(Position::Walked(stop)) => search.further(stop).await?.in_order(*size),
            Some(Position::Ranked(rank)) => search.first().await?.best_after(Some(rank), *size),
            None => search.first().await?.best_after(None, *size),
        };
        Ok(self.list(names, next.map(|position| position.written())))
    }

    /// Returns the names that match a search text, in any order, if they are at most `most`.
    ///
    /// # Errors
    ///
    /// 404 if the partner of a directory does not exist; [`Failure::Table`].
    pub async fn find_few_names(
        &self,
        scope: NameScope,
        query: &NameQuery,
        most: usize,
    ) -> Result<Option<Vec<NamePart>>, Failure> {
        let Found { names, stopped_at } = Search { context: self, scope, query }.first().await?;
        let is_all = stopped_at.is_none() && names.len() <= most;
        Ok(is_all.then(|| names.into_iter().map(|name| name.part).collect()))
    }
}

impl Search<'_> {
    /// Returns the names that the first three steps find.
    async fn first(&self) -> Result<Found, Failure> {
        let mut found = Found::default();
        let beginnings =
            async { Ok(self.read_prefix(self.query.beginning_prefix(), BEGINNINGS, None).await?) };
        let own = async { Ok(self.own_range().await?) };
        let (beginnings, (word, own), ()) = tokio::try_join!(beginnings, own, self.require_owner())?;
        let exact = self.exact_ranges(word);
        let mut ranges = exact.iter();
        let Some((of_beginnings, of_word)) = ranges.next().zip(ranges.next()) else { return Ok(found) };
        self.collect(word, of_beginnings, beginnings, &exact, &mut found);
        if found.stopped_at.is_none() {
            let own = self.completed(of_word, own).await?;
            self.collect(word, of_word, own, &exact, &mut found);
        }
        if found.stopped_at.is_some() {
            return Ok(found);
        }
        let others = self.read_all(ranges.cloned(), FEW);
        let (others, spelled) = tokio::try_join!(others, self.spelled_ranges(word))?;
        for (range, part) in others {
            self.collect(word, &range, part, &exact, &mut found);
        }
        let all = exact.union(&spelled).cloned().collect();
        self.read_further(word, &all, spelled.into_iter(), &mut found).await?;
        Ok(found)
    }

    /// Returns names that are found after the place at which the search stopped.
    async fn further(&self, Stop { word, range, after }: Stop) -> Result<Found, Failure> {
        let mut found = Found::default();
        let after = Some(after).filter(|after| !after.is_empty());
        let read = async { Ok(self.read(&range, MANY, after).await?) };
        let spelled = async { Ok(self.spelled_ranges(word).await?) };
        let (part, spelled, ()) = tokio::try_join!(read, spelled, self.require_owner())?;
        let all: BTreeSet<Range> = self.exact_ranges(word).union(&spelled).cloned().collect();
        self.collect(word, &range, part, &all, &mut found);
        let open = all.iter().filter(|open| **open > range).cloned();
        self.read_further(word, &all, open, &mut found).await?;
        Ok(found)
    }

    /// Requires that the partner of a directory exists. It is part of the first step, so that no later one waits for it.
    async fn require_owner(&self) -> Result<(), Failure> {
        if let NameScope::Directory(partner) = self.scope {
            self.context.table.get(&PartnerById(partner)).await?.or_not_found()?;
        }
        Ok(())
    }

    /// Reads further ranges, as many as a step may read, unless the search stopped before them.
    async fn read_further(
        &self,
        word: usize,
        all: &BTreeSet<Range>,
        mut open: impl Iterator<Item = Range>,
        found: &mut Found,
    ) -> Result<(), Error> {
        if found.stopped_at.is_some() {
            return Ok(());
        }
        let next: Vec<Range> = open.by_ref().take(MAX_RANGES).collect();
        for (range, part) in self.read_all(next, FEW).await? {
            self.collect(word, &range, part, all, found);
        }
        if found.stopped_at.is_none() {
            found.stopped_at = open.next().map(|range| Stop { word, range, after: String::new() });
        }
        Ok(())
    }

    /// Returns the word that leads to the fewest names, and the first names of its own range.
    async fn own_range(&self) -> Result<(usize, Page<NamePart>), Error> {
        let all = 0..self.query.words();
        let mut words: Vec<usize> = all.clone().filter(|word| !self.query.may_be_filler(*word)).collect();
        if words.is_empty() {
            words.extend(all);
        }
        words.sort_by_key(|word| std::cmp::Reverse(self.query.length(*word)));
        words.truncate(MAX_WORDS);
        let reads = words.into_iter().map(|word| async move {
            let prefix = self.query.part_prefixes(word).into_iter().next().unwrap_or_default();
            Ok::<_, Error>((word, self.read_prefix(prefix, FEW, None).await?))
        });
        let pages = futures_util::future::try_join_all(reads).await?;
        // A word with many names is the worst. One with no name may be a frequent word with an error. Among the others, one
        // without edits takes fewer reads.
        let best = pages.into_iter().min_by_key(|(word, page)| {
            let edits = if page.items.is_empty() { 0 } else { self.query.allowed_edits(*word) };
            (page.next.is_some(), page.items.is_empty(), edits, std::cmp::Reverse(self.query.length(*word)))
        });
        best.ok_or_else(|| Error::Internal("a search text without words".to_owned()))
    }

    /// Adds more names to the first ones of a range, if these are not enough to show. The search then stops with this
    /// range, since further ranges would take another step.
    async fn completed(&self, range: &Range, first: Page<NamePart>) -> Result<Page<NamePart>, Error> {
        let Page { mut items, next } = first;
        let matching = items.iter().filter(|part| self.query.matches(&part.name).is_some()).count();
        let Some(after) = next.clone().filter(|_| matching < ENOUGH) else {
            return Ok(Page { items, next });
        };
        let rest = self.read(range, MANY, Some(after.clone())).await?;
        let last = rest.items.last().map_or(after, |part| part.at.sk.clone());
        items.extend(rest.items);
        Ok(Page { items, next: rest.next.or(Some(last)) })
    }

    /// Returns the ranges of names that match a word of the search text without edits.
    fn exact_ranges(&self, word: usize) -> BTreeSet<Range> {
        let prefixes = std::iter::once(self.query.beginning_prefix()).chain(self.query.part_prefixes(word));
        (0..).zip(prefixes).map(|(order, prefix)| Range { edits: 0, order, prefix }).collect()
    }

    /// Reads the words of names that a word of the search text reaches with edits, and returns their ranges.
    async fn spelled_ranges(&self, word: usize) -> Result<BTreeSet<Range>, Error> {
        let prefixes = self.query.spelling_prefixes(word);
        let size = MAX_SPELLINGS / prefixes.len().max(1);
        let pages = prefixes.into_iter().map(|prefix| async move {
            let page = PageQuery { size, ascending: true, after: None, consistent: false };
            self.context.table.page(&NameSpellings(self.scope, prefix), &page, None).await
        });
        let pages = futures_util::future::try_join_all(pages).await?;
        let found = pages.iter().flat_map(|page| &page.items);
        let ranges = found.filter_map(|spelling| {
            let edits = self.query.edits_to(word, spelling.word())?;
            Some(Range { edits, order: 0, prefix: index::part_prefix_of(spelling.word()) })
        });
        Ok(ranges.collect())
    }

    async fn read(&self, range: &Range, size: usize, after: Option<String>) -> Result<Page<NamePart>, Error> {
        self.read_prefix(range.prefix.clone(), size, after).await
    }

    async fn read_prefix(
        &self,
        prefix: String,
        size: usize,
        after: Option<String>,
    ) -> Result<Page<NamePart>, Error> {
        let page = PageQuery { size, ascending: true, after, consistent: false };
        self.context.table.page(&NameParts(self.scope, prefix), &page, None).await
    }

    async fn read_all(
        &self,
        ranges: impl IntoIterator<Item = Range>,
        size: usize,
    ) -> Result<Vec<(Range, Page<NamePart>)>, Error> {
        let reads = ranges.into_iter().map(|range| async move {
            let page = self.read(&range, size, None).await?;
            Ok((range, page))
        });
        futures_util::future::try_join_all(reads).await
    }

    /// Adds the matching names of a part of a range to those that were found, unless the search stopped before. A name
    /// is found once: by the first of its parts in the first of all ranges.
    fn collect(
        &self,
        word: usize,
        range: &Range,
        part: Page<NamePart>,
        all: &BTreeSet<Range>,
        found: &mut Found,
    ) {
        if found.stopped_at.is_some() {
            return;
        }
        for name in part.items {
            let Some(quality) = self.query.matches(&name.name) else { continue };
            let is_earlier = |part: &String| {
                let in_range = part.starts_with(&range.prefix) && format!("{part}#") < name.at.sk;
                let is_same = name.at.sk.starts_with(&format!("{part}#"));
                (in_range && !is_same) || all.range(..range).any(|earlier| part.starts_with(&earlier.prefix))
            };
            if index::parts(&name.name).iter().any(is_earlier) {
                continue;
            }
            let at = Stop { word, range: range.clone(), after: name.at.sk.clone() };
            found.names.push(FoundName { at, quality, part: name });
        }
        found.stopped_at = part.next.map(|after| Stop { word, range: range.clone(), after });
    }
}

impl FoundName {
    /// Returns the key by which the names are sorted that the first steps find: by quality, the best first, and then by
    /// name.
    fn rank(&self) -> String {
        let quality = match self.quality {
            Match::Exact => 0,
            Match::Beginning => 1,
            Match::Words => 2,
            Match::Edits(edits) => 2 + edits,
        };
        format!("{quality:03}#{}#{}", sort_key(self.part.name.as_str()), self.part.at.sk)
    }
}

impl Found {
    /// Returns a page of the best matches after a rank, and the position after them if there may be more.
    fn best_after(self, after: Option<String>, size: usize) -> (Vec<NamePart>, Option<Position>) {
        let Self { names, stopped_at } = self;
        let mut ranked: Vec<_> = names.into_iter().map(|name| (name.rank(), name.part)).collect();
        ranked.retain(|(rank, _)| after.as_ref().is_none_or(|after| rank > after));
        ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
        let is_full = ranked.len() > size;
        ranked.truncate(size);
        let last = ranked.last().filter(|_| is_full).map(|(rank, _)| Position::Ranked(rank.clone()));
        (ranked.into_iter().map(|(_, part)| part).collect(), last.or(stopped_at.map(Position::Walked)))
    }

    /// Returns a page of the names in the order in which they were found, and the position after them if there may be
    /// more.
    fn in_order(self, size: usize) -> (Vec<NamePart>, Option<Position>) {
        let Self { mut names, stopped_at } = self;
        let is_full = names.len() > size;
        names.truncate(size);
        let last = names.last().filter(|_| is_full).map(|name| name.at.clone());
        (names.into_iter().map(|name| name.part).collect(), last.or(stopped_at).map(Position::Walked))
    }
}

impl Position {
    fn written(&self) -> String {
        match self {
            Self::Ranked(rank) => format!("={rank}"),
            Self::Walked(Stop { word, range: Range { edits, order, prefix }, after }) => {
                // Parts of names contain no punctuation.
                format!("{word}/{edits}/{order}/{prefix}/{after}")
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(rank) = text.strip_prefix('=') {
            return Some(Self::Ranked(rank.to_owned()));
        }
        let mut fields = text.splitn(5, '/');
        let mut number = || fields.next()?.parse().ok();
        let (word, edits, order) = (number()?, number()?, number()?);
        let (prefix, after) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        Some(Self::Walked(Stop { word, range: Range { edits, order, prefix }, after }))
    }
}
