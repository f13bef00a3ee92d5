//! Customer organizations.

pub mod create_organization;
