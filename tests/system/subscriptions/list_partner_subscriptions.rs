//! `list-partner-subscriptions`
