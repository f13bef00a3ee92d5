//! `list-sites`
