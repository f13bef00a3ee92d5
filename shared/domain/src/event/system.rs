//! Events of scheduled work.

use super::data::event_data;

event_data! {
    /// Recorded in the vendor's log when scheduled work has failed three times in a row. It is retried with increasing
    /// delays, up to 512 minutes.
    DueWorkFailed {
        /// Type of the stored item that the work is about, such as `order`.
        entity: String,
        /// Partition key and sort key of the item in the table, separated by a space.
        key: String,
        /// Number of failed attempts.
        attempts: u64,
        /// Error of the last attempt.
        reason: String,
    }
}
