//! What keeps the stack from starting.

/// Anything that went wrong at the start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
