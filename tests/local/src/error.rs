//! Error type of the local stack.

/// Any error of the local stack.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
