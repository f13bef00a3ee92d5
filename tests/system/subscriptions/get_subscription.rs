//! `get-subscription`
