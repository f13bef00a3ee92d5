//! `list-installed-apps`
