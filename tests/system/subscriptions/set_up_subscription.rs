//! `set-up-subscription`
