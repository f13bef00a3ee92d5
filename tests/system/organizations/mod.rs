mod create_organization;
mod get_organization;
mod list_organizations;
mod update_organization;
