//! What happens to the scheduled work.

use super::data::event_data;

event_data! {
    /// What is due could not be done, and not for the first time. It is tried again, ever more rarely.
    DueWorkFailed {
        /// What it is.
        entity: String,
        /// Where it is in the table.
        key: String,
        /// How often it was tried.
        attempts: u64,
        /// Why it could not be done.
        reason: String,
    }
}
