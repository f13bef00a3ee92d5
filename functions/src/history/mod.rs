//! The history of changes: the recorded events.

automod::dir!(pub "src/history");
