//! Authority decisions that several operations share.

automod::dir!(pub "src/authority");
