//! Orders: what all that happens to them has in common.

automod::dir!(pub "src/orders");
