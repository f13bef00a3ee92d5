//! Partners, their customers and their stores.

automod::dir!(pub "src/partners");
