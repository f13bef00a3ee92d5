//! The operations, one file each, by area.

pub mod history;
pub mod licenses;
pub mod organizations;
pub mod partners;
pub mod service;
pub mod webhooks;

use aws::http::openapi::Description;
use aws::lambda::{Handler, handler};

/// An operation without its types, for those who serve or describe all of them.
pub struct Entry {
    /// The area its file is in.
    pub area: &'static str,
    /// What it is.
    pub description: Description,
    /// Makes its handler.
    pub handler: fn(std::sync::Arc<aws::Environment>) -> Handler,
}

macro_rules! operations {
    ($($operation:path),* $(,)?) => {
        /// Every operation.
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
    partners::link_customer::LinkCustomer,
    partners::link_store::LinkStore,
    organizations::create_organization::CreateOrganization,
    licenses::create_license_type::CreateLicenseType,
    licenses::list_license_pools::ListLicensePools,
    licenses::assign_license::AssignLicense,
    webhooks::create_webhook_source::CreateWebhookSource,
    webhooks::receive_partner_order::ReceivePartnerOrder,
    history::query_history::QueryHistory,
    service::get_openapi::GetOpenapi,
}
