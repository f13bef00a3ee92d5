mod assign_license;
mod create_license_type;
mod list_license_pools;
