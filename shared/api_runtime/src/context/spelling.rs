//! Writes the index of names: the parts of names in the transaction that writes the names, and afterwards the spellings,
//! by which misspelled words are found.

use std::fmt::Display;
use std::time::Duration;

use domain::search::index;
use domain::{Name, Timestamp};

use super::Context;
use crate::answer::Failure;
use crate::change::Change;
use crate::table::name_index::unspelled_name_key;
use crate::table::write::Action;
use crate::table::{
    Entity, Error, Expression, FormerName, NamePart, NameParts, NameScope, NamedRecord, PageQuery,
    UnspelledName, Write,
};

/// Time limit for the spellings of names that were committed, after which the scheduled job writes them.
const SPELLING_TIMEOUT: Duration = Duration::from_secs(2);

/// Number of spellings that one transaction removes.
const SPELLINGS_PER_CHANGE: usize = 90;

impl Change {
    /// Adds the name of an organization or partner to the index of names.
    ///
    /// # Errors
    ///
    /// Fails only if an item of the index cannot be serialized.
    pub fn index_name(
        &mut self,
        scope: NameScope,
        id: impl Display,
        name: &Name,
        now: Timestamp,
    ) -> Result<(), Error> {
        NamePart::all(scope, &id, name).iter().try_for_each(|part| self.put(part))?;
        let unspelled = UnspelledName::new(scope, id, name, now);
        self.put(&unspelled).map(|()| self.names.push(unspelled))
    }

    /// Makes the index of names follow a person's record: its creation, new name, other organization or removal. Writes
    /// only what differs. The spellings of a former name are removed by the scheduled job.
    ///
    /// # Errors
    ///
    /// Fails only if an item of the index cannot be serialized.
    pub fn follow_name<P: NamedRecord>(
        &mut self,
        before: Option<&P>,
        after: &P,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (id, is_renamed) = (after.record_id(), before.is_none_or(|before| before.name() != after.name()));
        let (old, new) = (before.map(P::name_scopes).unwrap_or_default(), after.name_scopes());
        for scope in new.iter().filter(|scope| is_renamed || !old.contains(scope)) {
            self.index_name(*scope, &id, after.name(), now)?;
        }
        let Some(before) = before else { return Ok(()) };
        for scope in old {
            let is_kept = new.contains(&scope);
            // A transaction takes an item only once, so the parts that both names have are left out.
            let kept = if is_kept { NamePart::all(scope, &id, after.name()) } else { Vec::new() };
            let parts = NamePart::all(scope, &id, before.name()).into_iter();
            parts
                .filter(|part| kept.iter().all(|kept| kept.at != part.at))
                .for_each(|part| self.remove(&part));
            if !is_kept {
                self.add(Write::always(unspelled_name_key(scope, &id), Action::Delete));
            }
            if !is_kept || is_renamed {
                self.put(&FormerName::new(scope, &id, before.name(), now))?;
            }
        }
        Ok(())
    }

    /// Removes the name of an organization or partner from the index of names, with the record that its spellings are to
    /// be written. The spellings stay, because other names may share them. A spelling without a name finds nothing.
    pub fn remove_name(&mut self, scope: NameScope, id: impl Display, name: &Name) {
        NamePart::all(scope, &id, name).iter().for_each(|part| self.remove(part));
        self.add(Write::always(unspelled_name_key(scope, id), Action::Delete));
    }
}

impl Context<'_> {
    /// Writes the spellings of names that were committed. If it fails, the scheduled job writes them.
    pub(super) async fn spell(&self, names: &[UnspelledName]) {
        let write = async {
            let spellings = names.iter().map(UnspelledName::spellings).collect::<Result<Vec<_>, _>>()?;
            self.table.put_all(&spellings.concat()).await
        };
        match tokio::time::timeout(SPELLING_TIMEOUT, write).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => tracing::warn!(%why, "names are spelled by the scheduled job"),
            Err(_) => tracing::warn!("names are spelled by the scheduled job, because it takes too long now"),
        }
    }

    /// Writes the spellings of a name that was committed, and removes the record that they are to be written.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`]; a concurrent change of the name is contention.
    pub async fn finish_spelling(&self, name: &UnspelledName) -> Result<(), Failure> {
        self.table.put_all(&name.spellings()?).await?;
        let mut change = Change::new();
        let unchanged = Expression::new("#dueAt = :due").text("due", name.due_at.to_string());
        change.add(Write::on(unchanged, name.key(), Action::Delete));
        self.apply(change).await
    }

    /// Removes the spellings of the words of a former name that no other name in its scope has, and then the record of it. If
    /// a name with such a word is written concurrently, its spellings are written again when it is due to be spelled.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn remove_spellings(&self, former: &FormerName) -> Result<(), Failure> {
        let mut unused = Vec::new();
        for (word, spellings) in former.words() {
            if !self.is_word_of_name(former.scope, &word).await? {
                unused.extend(spellings);
            }
        }
        for some in unused.chunks(SPELLINGS_PER_CHANGE) {
            let mut change = Change::new();
            some.iter().for_each(|spelling| change.remove(spelling));
            self.apply(change).await?;
        }
        let mut change = Change::new();
        change.remove(former);
        self.apply(change).await
    }

    /// Returns whether a name in the scope has this word.
    async fn is_word_of_name(&self, scope: NameScope, word: &str) -> Result<bool, Error> {
        let parts = NameParts(scope, index::part_prefix_of(word));
        let mut after = None;
        loop {
            let query = PageQuery { size: 100, ascending: true, after, consistent: true };
            let page = self.table.page(&parts, &query, None).await?;
            if page.items.iter().any(|part| index::words(&part.name).contains(word)) {
                return Ok(true);
            }
            after = page.next;
            if after.is_none() {
                return Ok(false);
            }
        }
    }
}
