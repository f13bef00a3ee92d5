//! License types, pools and assignments.

pub mod assign_license;
pub mod create_license_type;
pub mod list_license_pools;
