//! `add-subscription-contact`
