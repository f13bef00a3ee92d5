mod assign_license;
mod create_license_type;
mod get_license_assignment;
mod list_license_pools;
mod list_license_types;
mod list_organization_licenses;
mod model;
