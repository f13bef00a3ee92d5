//! License types, pools and assignments.

automod::dir!(pub "src/licenses");
