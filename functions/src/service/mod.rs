//! The service itself.

automod::dir!(pub "src/service");
