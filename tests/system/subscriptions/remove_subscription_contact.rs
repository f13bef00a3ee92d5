//! `remove-subscription-contact`
