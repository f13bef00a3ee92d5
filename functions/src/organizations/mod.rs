//! Customer organizations.

automod::dir!(pub "src/organizations");
