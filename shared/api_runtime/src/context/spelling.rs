//! Writes the spellings of names, by which the index of names finds misspelled words.

use std::time::Duration;

use super::Context;
use crate::answer::Failure;
use crate::change::Change;
use crate::table::write::Action;
use crate::table::{Entity, Expression, UnspelledName, Write};

/// Time limit for the spellings of names that were committed, after which the scheduled job writes them.
const SPELLING_TIMEOUT: Duration = Duration::from_secs(2);

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
}
