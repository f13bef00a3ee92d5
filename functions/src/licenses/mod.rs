//! License types, pools and assignments.

pub mod assign_license;
pub mod create_license_type;
pub mod get_license_assignment;
pub mod list_license_pools;
pub mod list_license_types;
pub mod list_organization_licenses;
