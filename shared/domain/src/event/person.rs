//! Events about people.

use super::data::event_data;
use crate::erasure::{ErasureCounts, RecordIds};

event_data! {
    /// Recorded in the vendor's log when a person was erased. It has neither the name nor the e-mail. Events of what ended with it
    /// are in the logs of the parties.
    PersonErased {
        /// Records that were erased. They are kept without name and e-mail.
        records: RecordIds,
        /// Numbers of what the erasure changed.
        counts: ErasureCounts,
        /// Whether the texts that the person wrote were redacted.
        redacted_texts: bool,
    }
}
