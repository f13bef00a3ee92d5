//! `list-subscriptions`
