//! Members: a partner's people, on record.

automod::dir!(pub "src/members");
