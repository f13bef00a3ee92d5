//! The operations, one file each, by area.

pub mod access;
pub mod authority;
pub mod customers;
pub mod deactivation;
pub mod details;
pub mod entitlements;
pub mod erasure;
pub mod history;
pub mod licenses;
pub mod members;
pub mod orders;
pub mod organizations;
pub mod partners;
pub mod party;
pub mod people;
pub mod person_names;
pub mod person_search;
pub mod person_sort;
pub mod products;
pub mod service;
pub mod service_requests;
pub mod sorting;
pub mod subscriptions;
pub mod webhooks;

use api_runtime::Scheduled;
use api_runtime::http::openapi::{Area, Description};
use api_runtime::lambda::{Handler, JobHandler, handler, job};

use service::run_due_work::RunDueWork;

/// The areas in reading order.
pub const AREAS: &[Area] = &[
    Area {
        name: "partners",
        title: "Partners",
        about: "Companies that resell the vendor's products, and the organizations that they serve.",
    },
    Area { name: "members", title: "Partner members", about: "People of a partner." },
    Area { name: "organizations", title: "Organizations", about: "Customer organizations." },
    Area {
        name: "customers",
        title: "Customers",
        about: "People of an organization, or of none, and contact managers.",
    },
    Area { name: "people", title: "People", about: "The caller itself, and people vendor-wide." },
    Area {
        name: "access",
        title: "Access",
        about: "Access of partners in organizations: requests, grants, levels and expiry.",
    },
    Area { name: "products", title: "Products", about: "Products that can be owned." },
    Area { name: "details", title: "Detail fields", about: "Fields of entitlements that operators define." },
    Area {
        name: "entitlements",
        title: "Entitlements",
        about: "Products that organizations and customers own, and their details.",
    },
    Area {
        name: "subscriptions",
        title: "Subscriptions",
        about: "Running contracts of organizations, their sites, apps and contacts.",
    },
    Area { name: "service_requests", title: "Service requests", about: "Support cases of organizations." },
    Area {
        name: "licenses",
        title: "Licenses",
        about: "License types, pools of partners, and irreversible assignments.",
    },
    Area { name: "orders", title: "Orders", about: "Orders that wait for their account to be linked." },
    Area { name: "webhooks", title: "Webhooks", about: "Stores that send signed messages." },
    Area { name: "history", title: "History", about: "Events of partners, organizations and the vendor." },
    Area { name: "service", title: "Service", about: "The service itself." },
];

/// An operation without its types, for code that serves or describes all operations.
pub struct Entry {
    /// Area of the operation: the folder of its file.
    pub area: &'static str,
    /// Description of the operation.
    pub description: Description,
    /// Creates the operation's handler.
    pub handler: fn(std::sync::Arc<api_runtime::Environment>) -> Handler,
}

/// A scheduled job without its types.
pub struct Schedule {
    /// Area of the job: the folder of its file.
    pub area: &'static str,
    /// Name of the job.
    pub name: &'static str,
    /// Description of the job for people.
    pub summary: &'static str,
    /// Creates the job's handler.
    pub job: fn(std::sync::Arc<api_runtime::Environment>) -> JobHandler,
}

/// The only scheduled job of the system.
pub const SCHEDULE: Schedule = Schedule {
    area: "service",
    name: RunDueWork::NAME,
    summary: RunDueWork::SUMMARY,
    job: job::<RunDueWork>,
};

/// A Lambda function: an operation or the scheduled job.
pub enum Function {
    /// An operation, called over HTTP.
    Operation {
        /// Creates the operation's handler.
        handler: fn(std::sync::Arc<api_runtime::Environment>) -> Handler,
        /// Whether the operation needs the deployment's key.
        uses_key: bool,
    },
    /// The scheduled job.
    Schedule(fn(std::sync::Arc<api_runtime::Environment>) -> JobHandler),
}

/// Returns the function that `Handler` in the template names.
///
/// # Errors
///
/// A message that lists the known functions if there is none of this name.
pub fn function(name: &str) -> Result<Function, String> {
    if name == SCHEDULE.name {
        return Ok(Function::Schedule(SCHEDULE.job));
    }
    let operations = operations();
    match operations.iter().find(|entry| entry.description.name == name) {
        Some(Entry { handler, description, .. }) => {
            Ok(Function::Operation { handler: *handler, uses_key: description.uses_key })
        }
        None => {
            let mut known: Vec<_> = operations.iter().map(|entry| entry.description.name).collect();
            known.push(SCHEDULE.name);
            known.sort_unstable();
            Err(format!("there is no function `{name}`; `Handler` takes one of: {}", known.join(", ")))
        }
    }
}

macro_rules! operations {
    ($($operation:path),* $(,)?) => {
        /// Returns all operations.
        pub fn operations() -> Vec<Entry> {
            vec![$(Entry {
                area: stringify!($operation).split("::").next().unwrap_or_default().trim(),
                description: Description::of::<$operation>(),
                handler: handler::<$operation>,
            }),*]
        }
    };
}

operations! {
    partners::create_partner::CreatePartner,
    partners::get_partner::GetPartner,
    partners::list_partners::ListPartners,
    partners::list_partner_organizations::ListPartnerOrganizations,
    partners::get_partner_dashboard::GetPartnerDashboard,
    partners::add_partner_organization::AddPartnerOrganization,
    partners::remove_partner_organization::RemovePartnerOrganization,
    partners::link_store::LinkStore,
    people::get_me::GetMe,
    people::update_me::UpdateMe,
    people::get_my_summary::GetMySummary,
    people::search_people::SearchPeople,
    people::export_my_data::ExportMyData,
    access::request_access::RequestAccess,
    access::list_access_requests::ListAccessRequests,
    access::list_received_access_requests::ListReceivedAccessRequests,
    access::get_access_request::GetAccessRequest,
    access::cancel_access_request::CancelAccessRequest,
    access::decline_access_request::DeclineAccessRequest,
    access::approve_access_request::ApproveAccessRequest,
    access::grant_access::GrantAccess,
    access::list_partner_access::ListPartnerAccess,
    access::list_organization_access::ListOrganizationAccess,
    access::resolve_access::ResolveAccess,
    access::list_access_candidates::ListAccessCandidates,
    service_requests::open_service_request::OpenServiceRequest,
    service_requests::get_service_request::GetServiceRequest,
    service_requests::list_service_requests::ListServiceRequests,
    service_requests::update_service_request::UpdateServiceRequest,
    service_requests::list_service_request_updates::ListServiceRequestUpdates,
    service_requests::list_submit_options::ListSubmitOptions,
    service_requests::list_contact_candidates::ListContactCandidates,
    service_requests::get_support_dashboard::GetSupportDashboard,
    service_requests::set_notification_preference::SetNotificationPreference,
    service_requests::get_notification_preference::GetNotificationPreference,
    service_requests::set_service_request_contact::SetServiceRequestContact,
    service_requests::remove_service_request_contact::RemoveServiceRequestContact,
    access::update_access::UpdateAccess,
    access::relinquish_access::RelinquishAccess,
    access::revoke_access::RevokeAccess,
    members::add_partner_member::AddPartnerMember,
    members::list_partner_members::ListPartnerMembers,
    members::get_partner_member::GetPartnerMember,
    members::disable_partner_member::DisablePartnerMember,
    members::enable_partner_member::EnablePartnerMember,
    members::remove_partner_member::RemovePartnerMember,
    organizations::create_organization::CreateOrganization,
    organizations::get_organization::GetOrganization,
    organizations::list_organizations::ListOrganizations,
    organizations::update_organization::UpdateOrganization,
    entitlements::create_entitlement::CreateEntitlement,
    entitlements::get_entitlement::GetEntitlement,
    entitlements::find_entitlement::FindEntitlement,
    entitlements::update_entitlement::UpdateEntitlement,
    entitlements::update_entitlement_details::UpdateEntitlementDetails,
    entitlements::end_entitlement::EndEntitlement,
    entitlements::get_profile::GetProfile,
    entitlements::list_entitlements::ListEntitlements,
    entitlements::import_details::ImportDetails,
    subscriptions::list_subscriptions::ListSubscriptions,
    subscriptions::get_subscription::GetSubscription,
    subscriptions::set_up_subscription::SetUpSubscription,
    subscriptions::list_subscription_contacts::ListSubscriptionContacts,
    subscriptions::list_subscription_candidates::ListSubscriptionCandidates,
    subscriptions::add_subscription_contact::AddSubscriptionContact,
    subscriptions::remove_subscription_contact::RemoveSubscriptionContact,
    subscriptions::deactivate_subscription::DeactivateSubscription,
    subscriptions::list_partner_subscriptions::ListPartnerSubscriptions,
    subscriptions::list_sites::ListSites,
    subscriptions::list_installed_apps::ListInstalledApps,
    customers::create_customer::CreateCustomer,
    customers::find_customer::FindCustomer,
    customers::get_customer::GetCustomer,
    customers::list_customers::ListCustomers,
    customers::update_customer::UpdateCustomer,
    customers::disable_customer::DisableCustomer,
    customers::enable_customer::EnableCustomer,
    customers::remove_customer::RemoveCustomer,
    customers::move_customer::MoveCustomer,
    products::create_product::CreateProduct,
    products::get_product::GetProduct,
    products::list_products::ListProducts,
    products::update_product::UpdateProduct,
    details::create_detail_field::CreateDetailField,
    details::list_detail_fields::ListDetailFields,
    details::get_detail_field::GetDetailField,
    details::update_detail_field::UpdateDetailField,
    licenses::create_license_type::CreateLicenseType,
    licenses::list_license_types::ListLicenseTypes,
    licenses::get_license_type::GetLicenseType,
    licenses::list_license_pools::ListLicensePools,
    licenses::set_pool_threshold::SetPoolThreshold,
    licenses::assign_license::AssignLicense,
    licenses::get_license_assignment::GetLicenseAssignment,
    licenses::list_organization_licenses::ListOrganizationLicenses,
    webhooks::create_webhook_source::CreateWebhookSource,
    webhooks::receive_store_message::ReceiveStoreMessage,
    webhooks::list_webhook_sources::ListWebhookSources,
    webhooks::get_webhook_source::GetWebhookSource,
    webhooks::rotate_webhook_secret::RotateWebhookSecret,
    webhooks::disable_webhook_source::DisableWebhookSource,
    orders::list_parked_orders::ListParkedOrders,
    orders::discard_parked_order::DiscardParkedOrder,
    partners::deactivate_partner::DeactivatePartner,
    partners::restore_partner::RestorePartner,
    organizations::deactivate_organization::DeactivateOrganization,
    organizations::restore_organization::RestoreOrganization,
    history::query_history::QueryHistory,
    people::erase_person::ErasePerson,
    people::export_person::ExportPerson,
    service::get_openapi::GetOpenapi,
    service::get_health::GetHealth,
    service::get_index::GetIndex,
}
