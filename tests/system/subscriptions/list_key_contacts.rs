//! `list-key-contacts`
