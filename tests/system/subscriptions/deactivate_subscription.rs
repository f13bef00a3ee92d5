//! `deactivate-subscription`
