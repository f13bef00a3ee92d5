//! Partners, their directories of customer organizations, and their store accounts.

automod::dir!(pub "src/partners");
