//! The caller itself, and people vendor-wide.

automod::dir!(pub "src/people");
