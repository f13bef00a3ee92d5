//! Types of events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{
    AccessApproved, AccessCancelled, AccessDeactivated, AccessDeclined, AccessExpired, AccessExpiring,
    AccessExtended, AccessGranted, AccessLapsed, AccessMemberRemoved, AccessRelinquished, AccessReplaced,
    AccessRequested, AccessRevoked, AccessUpdated,
};
use super::catalog::{
    DetailFieldArchived, DetailFieldRestored, DetailFieldUpdated, DetailFieldsCreated, LicenseTypeCreated,
    ProductArchived, ProductCreated, ProductRestored, ProductUpdated,
};
use super::entitlement::{
    DetailsImportAborted, DetailsImported, EntitlementCreated, EntitlementDetailsChanged, EntitlementEnded,
    EntitlementUpdated,
};
use super::order::{
    LicenseAssigned, LicenseCredited, LicenseWithdrawn, OrderCancelled, OrderChangeIgnored, OrderChanged,
    OrderDiscarded, OrderLapsed, OrderLineIgnored, OrderParked, PoolLow, PoolThresholdSet, StoreLinked,
    StoreUnlinked, WebhookIgnored, WebhookRefused, WebhookSecretRotated, WebhookSourceCreated,
    WebhookSourceDisabled,
};
use super::party::{
    ContactManagerChanged, CustomerCreated, CustomerDisabled, CustomerEnabled, CustomerMovedIn,
    CustomerMovedOut, CustomerRemoved, CustomerUpdated, MemberAdded, MemberDisabled, MemberEnabled,
    MemberRemoved, MemberUpdated, OrganizationCreated, OrganizationDeactivated, OrganizationRestored,
    OrganizationUpdated, PartnerCreated, PartnerDeactivated, PartnerOrganizationAdded,
    PartnerOrganizationRemoved, PartnerRestored, StaffUpdated,
};
use super::person::PersonErased;
use super::service_request::{
    NotificationPreferenceSet, ServiceRequestContactRemoved, ServiceRequestContactSet, ServiceRequestOpened,
    ServiceRequestUpdated,
};
use super::subscription::{
    SiteCreated, SiteMigrated, SubscriptionCancelled, SubscriptionChanged, SubscriptionContactAdded,
    SubscriptionContactRemoved, SubscriptionDeactivated, SubscriptionMessageIgnored,
    SubscriptionMessagePending, SubscriptionOrdered, SubscriptionRenewed, SubscriptionResumed,
    SubscriptionSetUp, SubscriptionSuspended, SubscriptionTransferred, SubscriptionTransferredAway,
    SubscriptionUsageReported,
};
use super::system::DueWorkFailed;
use crate::fault::{ParseError, quoted};
use crate::text::{LicenseTypeCode, written_as_text};

macro_rules! kinds {
    ($($name:ident = $type:literal,)*) => {
        /// Type and data of an event.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "type", content = "data")]
        pub enum EventKind {
            $(
                #[doc = concat!("`", $type, "`")]
                #[serde(rename = $type)]
                $name($name),
            )*
        }

        $(
            impl From<$name> for EventKind {
                fn from(data: $name) -> Self {
                    Self::$name(data)
                }
            }
        )*

        impl EventKind {
            const TYPES: &[&str] = &[$($type),*];

            /// Returns the type.
            pub fn event_type(&self) -> EventType {
                EventType(match self {
                    $(Self::$name(_) => $type,)*
                })
            }
        }

        impl EventType {
            /// Returns the names of the data fields of the type, in the order of their definition.
            pub fn fields(self) -> Vec<String> {
                let fields: &[&str] = match self.0 {
                    $($type => $name::FIELDS,)*
                    _ => &[],
                };
                fields.iter().map(|field| camel_case(field)).collect()
            }
        }
    };
}

// A new field of a type must be added at its end: it becomes the last column of the type's history in CSV.
kinds! {
    PartnerCreated = "partner.created",
    OrganizationCreated = "organization.created",
    PartnerOrganizationAdded = "partner.organization-added",
    LicenseTypeCreated = "license-type.created",
    WebhookSourceCreated = "webhook-source.created",
    WebhookSecretRotated = "webhook-source.secret-rotated",
    WebhookSourceDisabled = "webhook-source.disabled",
    StoreLinked = "store.linked",
    LicenseCredited = "license.credited",
    LicenseWithdrawn = "license.withdrawn",
    OrderChanged = "order.changed",
    OrderCancelled = "order.cancelled",
    OrderParked = "order.parked",
    OrderDiscarded = "order.discarded",
    OrderLapsed = "order.lapsed",
    LicenseAssigned = "license.assigned",
    WebhookIgnored = "webhook.ignored",
    WebhookRefused = "webhook.refused",
    ProductCreated = "product.created",
    ProductUpdated = "product.updated",
    ProductArchived = "product.archived",
    ProductRestored = "product.restored",
    DetailFieldsCreated = "detail-fields.created",
    DetailFieldUpdated = "detail-field.updated",
    DetailFieldArchived = "detail-field.archived",
    DetailFieldRestored = "detail-field.restored",
    CustomerCreated = "customer.created",
    CustomerUpdated = "customer.updated",
    ContactManagerChanged = "contact.manager-changed",
    CustomerRemoved = "customer.removed",
    EntitlementCreated = "entitlement.created",
    EntitlementDetailsChanged = "entitlement.details-changed",
    EntitlementEnded = "entitlement.ended",
    DetailsImportAborted = "details.import-aborted",
    DetailsImported = "details.imported",
    MemberAdded = "member.added",
    MemberRemoved = "member.removed",
    AccessRequested = "access.requested",
    AccessApproved = "access.approved",
    AccessDeclined = "access.declined",
    AccessCancelled = "access.cancelled",
    AccessLapsed = "access.lapsed",
    AccessGranted = "access.granted",
    AccessExpiring = "access.expiring",
    AccessExpired = "access.expired",
    AccessRevoked = "access.revoked",
    AccessRelinquished = "access.relinquished",
    AccessReplaced = "access.replaced",
    ServiceRequestOpened = "service-request.opened",
    DueWorkFailed = "due-work.failed",
    ServiceRequestUpdated = "service-request.updated",
    OrganizationUpdated = "organization.updated",
    ServiceRequestContactSet = "service-request.contact-set",
    NotificationPreferenceSet = "notification-preference.set",
    ServiceRequestContactRemoved = "service-request.contact-removed",
    SubscriptionOrdered = "subscription.ordered",
    SubscriptionChanged = "subscription.changed",
    SubscriptionRenewed = "subscription.renewed",
    SubscriptionCancelled = "subscription.cancelled",
    SubscriptionTransferred = "subscription.transferred",
    SubscriptionTransferredAway = "subscription.transferred-away",
    SubscriptionUsageReported = "subscription.usage-reported",
    SubscriptionSetUp = "subscription.set-up",
    SiteCreated = "site.created",
    SiteMigrated = "site.migrated",
    SubscriptionContactAdded = "subscription.contact-added",
    SubscriptionContactRemoved = "subscription.contact-removed",
    SubscriptionDeactivated = "subscription.deactivated",
    SubscriptionMessageIgnored = "subscription.message-ignored",
    SubscriptionMessagePending = "subscription.message-pending",
    OrderLineIgnored = "order.line-ignored",
    OrderChangeIgnored = "order.change-ignored",
    AccessExtended = "access.extended",
    AccessUpdated = "access.updated",
    AccessMemberRemoved = "access.member-removed",
    PartnerOrganizationRemoved = "partner.organization-removed",
    SubscriptionSuspended = "subscription.suspended",
    SubscriptionResumed = "subscription.resumed",
    EntitlementUpdated = "entitlement.updated",
    PoolLow = "license.pool-low",
    PoolThresholdSet = "license.pool-threshold-set",
    CustomerDisabled = "customer.disabled",
    CustomerEnabled = "customer.enabled",
    MemberDisabled = "member.disabled",
    MemberEnabled = "member.enabled",
    PartnerDeactivated = "partner.deactivated",
    PartnerRestored = "partner.restored",
    OrganizationDeactivated = "organization.deactivated",
    OrganizationRestored = "organization.restored",
    StoreUnlinked = "store.unlinked",
    AccessDeactivated = "access.deactivated",
    CustomerMovedOut = "customer.moved-out",
    CustomerMovedIn = "customer.moved-in",
    MemberUpdated = "member.updated",
    StaffUpdated = "staff.updated",
    PersonErased = "person.erased",
}

impl EventKind {
    /// Returns the license type that the event is about, if it is about one.
    pub fn license_type(&self) -> Option<&LicenseTypeCode> {
        match self {
            Self::LicenseTypeCreated(LicenseTypeCreated { license_type, .. })
            | Self::LicenseCredited(LicenseCredited { license_type, .. })
            | Self::LicenseWithdrawn(LicenseWithdrawn { license_type, .. })
            | Self::LicenseAssigned(LicenseAssigned { license_type, .. })
            | Self::PoolLow(PoolLow { license_type, .. })
            | Self::PoolThresholdSet(PoolThresholdSet { license_type, .. }) => Some(license_type),
            _ => None,
        }
    }
}

/// Converts the name of a field to the camelCase of its JSON.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &initial.into_iter().chain(letters).collect::<String>()
    })
}

/// Name of an event type, such as `license.assigned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType(&'static str);

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::str::FromStr for EventType {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        EventKind::TYPES.iter().find(|name| **name == text).map(|name| Self(name)).ok_or_else(|| {
            let known = EventKind::TYPES.join("`, `");
            ParseError::new("unknown-value", format!("{} is none of `{known}`", quoted(text)))
        })
    }
}

written_as_text!(EventType, enum = EventKind::TYPES);
