//! Who did what, when.

automod::dir!(pub "src/history");
