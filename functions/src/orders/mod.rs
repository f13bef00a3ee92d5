//! Orders of stores: their lines, updates, parking and fulfillment.

automod::dir!(pub "src/orders");
