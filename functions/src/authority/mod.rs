//! Who may do what: every decision that concerns more than one operation.

automod::dir!(pub "src/authority");
