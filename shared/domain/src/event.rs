//! The record that every change leaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::author::Author;
use crate::fault::{Fault, Invalid, quoted};
use crate::field_kind::FieldKind;
use crate::id::{
    AccessRequestId, AssignmentId, CustomerId, EntitlementId, EventId, FieldId, GrantId, ImportId, MemberId,
    OrganizationId, PartnerId, ProductId, ServiceRequestId, SiteId, SourceId, SubscriptionId,
};
use crate::level::Level;
use crate::license::Quantity;
use crate::service_request_kind::{ContactRole, ServiceRequestKind, ServiceRequestStatus};
use crate::site_url::SiteUrl;
use crate::text::{
    Description, Email, ExternalId, FieldName, LicenseTypeCode, Name, OrderId, Plan, ProductCode,
    StoreAccount, written_as_text,
};
use crate::time::{Period, TimeZone, Timestamp};

/// A detail field, as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldMade {
    /// Its id.
    pub id: FieldId,
    /// Its name then.
    pub name: FieldName,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: FieldKind,
}

/// A field's name as it is written.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &initial.into_iter().chain(letters).collect::<String>()
    })
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })*) => {
        /// What happened, by type.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
        pub enum EventKind {
            $(
                $(#[$doc])*
                #[serde(rename = $name)]
                $variant { $($(#[$field_doc])* $field: $type,)* },
            )*
        }

        impl EventKind {
            const TYPES: &[&str] = &[$($name),*];

            /// The names of all that the data of any kind may have, in the order of the kinds.
            pub fn fields() -> Vec<String> {
                let mut fields = Vec::new();
                for field in [$($(stringify!($field),)*)*].map(camel_case) {
                    if !fields.contains(&field) {
                        fields.push(field);
                    }
                }
                fields
            }
        }
    };
}

// New kinds come last: their fields are the last columns of a history as a table.
kinds! {
    /// A partner exists.
    PartnerCreated = "partner.created" {
        /// Its name.
        name: Name,
        /// The vendor's id for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    }
    /// An organization exists.
    OrganizationCreated = "organization.created" {
        /// Its name. Its external id is its creator's own business.
        name: Name,
    }
    /// An organization is in a partner's directory.
    CustomerLinked = "customer.linked" {
        /// The organization's name then.
        name: Name,
    }
    /// A license type exists.
    LicenseTypeCreated = "license-type.created" {
        /// Its code.
        license_type: LicenseTypeCode,
        /// Its name.
        name: Name,
        /// Its term.
        term: Period,
    }
    /// A webhook source exists.
    WebhookSourceCreated = "webhook-source.created" {
        /// Its id.
        source_id: SourceId,
        /// Its name.
        name: Name,
        /// Whether it may name partners.
        may_name_partners: bool,
    }
    /// A webhook source has a new secret; the one before is good for another day.
    WebhookSecretRotated = "webhook-source.secret-rotated" {
        /// Which source.
        source_id: SourceId,
        /// Which of its secrets is in force now.
        secret_version: u32,
    }
    /// No message of a webhook source is taken any more.
    WebhookSourceDisabled = "webhook-source.disabled" {
        /// Which source.
        source_id: SourceId,
    }
    /// A store's account is a partner's.
    StoreLinked = "store.linked" {
        /// The store.
        source_id: SourceId,
        /// The account.
        account: StoreAccount,
    }
    /// A pool holds more.
    LicenseCredited = "license.credited" {
        /// Of which type.
        license_type: LicenseTypeCode,
        /// How many more.
        quantity: u64,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }
    /// A pool holds less: its order was lowered or cancelled. What was assigned stays so.
    LicenseWithdrawn = "license.withdrawn" {
        /// Of which type.
        license_type: LicenseTypeCode,
        /// How many less.
        quantity: u64,
        /// How many more should have been taken back, and were assigned: they stay so.
        missing: u64,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }
    /// A store changed an order.
    OrderChanged = "order.changed" {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// The store's number of the change.
        sequence: u64,
    }
    /// A store cancelled an order, for good.
    OrderCancelled = "order.cancelled" {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }
    /// An order came for an account that is nobody's yet.
    OrderParked = "order.parked" {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which account.
        account: StoreAccount,
    }
    /// An operator discarded a parked order, for good.
    OrderDiscarded = "order.discarded" {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which account.
        account: StoreAccount,
    }
    /// Nobody was linked to a parked order's account in time.
    OrderLapsed = "order.lapsed" {
        /// The store.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which account.
        account: StoreAccount,
    }
    /// Licenses were handed over.
    LicenseAssigned = "license.assigned" {
        /// By which assignment.
        assignment_id: AssignmentId,
        /// Of which type.
        license_type: LicenseTypeCode,
        /// How many.
        quantity: u64,
    }
    /// A source sent a message of a type that means nothing here.
    WebhookIgnored = "webhook.ignored" {
        /// Who sent it.
        source_id: SourceId,
        /// Which message.
        webhook_id: String,
        /// Of which type, at most 100 characters of it.
        message_type: String,
    }
    /// A source sent a message that could not take effect.
    WebhookRefused = "webhook.refused" {
        /// Who sent it.
        source_id: SourceId,
        /// Which message.
        webhook_id: String,
        /// Why not.
        errors: Vec<Fault>,
    }
    /// A product exists.
    ProductCreated = "product.created" {
        /// Its id.
        product_id: ProductId,
        /// Its name.
        name: Name,
        /// The vendor's code for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ProductCode>,
    }
    /// A product has another name, description or code.
    ProductUpdated = "product.updated" {
        /// Its id.
        product_id: ProductId,
        /// Its name now.
        name: Name,
        /// The vendor's code for it now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<ProductCode>,
    }
    /// Nothing new of a product can be owned any more.
    ProductArchived = "product.archived" {
        /// Its id.
        product_id: ProductId,
    }
    /// A product can be owned again.
    ProductRestored = "product.restored" {
        /// Its id.
        product_id: ProductId,
    }
    /// Detail fields exist.
    DetailFieldsCreated = "detail-fields.created" {
        /// Which.
        fields: Vec<FieldMade>,
    }
    /// A detail field has another name, place, audience or other options.
    DetailFieldUpdated = "detail-field.updated" {
        /// Which.
        field_id: FieldId,
        /// Its name now.
        field: FieldName,
    }
    /// A detail field is hidden; its values are kept.
    DetailFieldArchived = "detail-field.archived" {
        /// Which.
        field_id: FieldId,
    }
    /// A detail field is shown again.
    DetailFieldRestored = "detail-field.restored" {
        /// Which.
        field_id: FieldId,
    }
    /// A person is a customer.
    CustomerCreated = "customer.created" {
        /// Who.
        customer_id: CustomerId,
        /// Whether it manages the organization's customers.
        manager: bool,
    }
    /// A customer has another name.
    CustomerUpdated = "customer.updated" {
        /// Who.
        customer_id: CustomerId,
    }
    /// A customer manages the organization's customers, or no longer does.
    ContactManagerChanged = "contact.manager-changed" {
        /// Who.
        customer_id: CustomerId,
        /// Whether it does now.
        manager: bool,
    }
    /// A person is no customer any more.
    CustomerRemoved = "customer.removed" {
        /// Who.
        customer_id: CustomerId,
    }
    /// Somebody owns a product.
    EntitlementCreated = "entitlement.created" {
        /// By which entitlement.
        entitlement_id: EntitlementId,
        /// The product.
        product_id: ProductId,
        /// Who, if it is one person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
    }
    /// Details of an entitlement changed.
    EntitlementDetailsChanged = "entitlement.details-changed" {
        /// Of which.
        entitlement_id: EntitlementId,
        /// What the fields say that changed; a reader learns of those only that it may view.
        changed_fields: Vec<FieldId>,
    }
    /// Somebody no longer owns a product.
    EntitlementEnded = "entitlement.ended" {
        /// By which entitlement.
        entitlement_id: EntitlementId,
    }
    /// An import was cut off, and nobody has repeated it yet: some of its rows may have changed something.
    ImportCutOff = "details.import-cut-off" {
        /// Which import; what it changed names it.
        import_id: ImportId,
        /// Whose.
        by: Author,
        /// How many rows it had.
        rows: u64,
    }
    /// Details of many entitlements were imported.
    DetailsImported = "details.imported" {
        /// By which import; what it changed names it.
        import_id: ImportId,
        /// How many rows it had.
        rows: u64,
        /// How many of them changed something.
        applied: u64,
        /// How many said what was so already.
        unchanged: u64,
        /// How many were refused.
        refused: u64,
    }
    /// A person is a partner's member.
    MemberAdded = "member.added" {
        /// Who.
        member_id: MemberId,
        /// Whether it manages the partner's members.
        admin: bool,
    }
    /// A person is no member of a partner any more: all its access is over.
    MemberRemoved = "member.removed" {
        /// Who.
        member_id: MemberId,
    }
    /// A partner asked somebody for access.
    AccessRequested = "access.requested" {
        /// By which request.
        request_id: AccessRequestId,
    }
    /// A request for access was approved. The organization is in the partner's directory from then on.
    AccessApproved = "access.approved" {
        /// Which request.
        request_id: AccessRequestId,
    }
    /// A request for access was declined.
    AccessDeclined = "access.declined" {
        /// Which request.
        request_id: AccessRequestId,
    }
    /// The partner took a request for access back.
    AccessCancelled = "access.cancelled" {
        /// Which request.
        request_id: AccessRequestId,
    }
    /// Nobody decided about a request for access in time.
    AccessLapsed = "access.lapsed" {
        /// Which request.
        request_id: AccessRequestId,
    }
    /// Access was given. The organization is in the partner's directory from then on.
    AccessGranted = "access.granted" {
        /// By which grant.
        grant_id: GrantId,
        /// How far it goes.
        level: Level,
        /// Until when, not included.
        expires_at: Timestamp,
        /// The member to whom, as the partner named it; neither this nor `email` if to all members of the partner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
        /// The e-mail to whose owner among the partner's members, as the organization named it unasked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Email>,
        /// What for, where who gave it without being asked said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
    }
    /// Access ends soon.
    AccessExpiring = "access.expiring" {
        /// Which grant.
        grant_id: GrantId,
        /// In so many days, or fewer.
        days: u16,
    }
    /// The time of access is over.
    AccessExpired = "access.expired" {
        /// Which grant.
        grant_id: GrantId,
    }
    /// The organization, or the vendor for it, took access back.
    AccessRevoked = "access.revoked" {
        /// Which grant.
        grant_id: GrantId,
    }
    /// The partner gave access back.
    AccessRelinquished = "access.relinquished" {
        /// Which grant.
        grant_id: GrantId,
    }
    /// Access was given in place of what was in force.
    AccessReplaced = "access.replaced" {
        /// Which grant was.
        grant_id: GrantId,
        /// By which.
        replaced_by: GrantId,
    }
    /// A service request was submitted.
    ServiceRequestOpened = "service-request.opened" {
        /// Which.
        service_request_id: ServiceRequestId,
        /// Of what kind.
        kind: ServiceRequestKind,
    }
    /// What is due could not be done, and not for the first time. It is tried again, ever more rarely.
    DueWorkFailed = "due-work.failed" {
        /// What it is.
        work: String,
        /// Where it is in the table.
        place: String,
        /// How often it was tried.
        tries: u64,
        /// Why it could not be done.
        reason: String,
    }
    /// Somebody said something about a service request, or changed how far it is.
    ServiceRequestUpdated = "service-request.updated" {
        /// Which.
        service_request_id: ServiceRequestId,
        /// By which of its updates.
        number: u64,
        /// How far it is now, if that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<ServiceRequestStatus>,
    }
    /// An organization is in another time zone.
    OrganizationUpdated = "organization.updated" {
        /// In which its days are now; none if in UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<TimeZone>,
    }
    /// Somebody is a contact of a service request, or another one than before.
    ServiceRequestContactSet = "service-request.contact-set" {
        /// Of which.
        service_request_id: ServiceRequestId,
        /// What it is to it.
        role: ContactRole,
        /// Who, if it is a customer on record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Who, if it is a partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }
    /// Somebody wants to be told of an organization's service requests, or no longer.
    NotificationPreferenceSet = "notification-preference.set" {
        /// Whether of each that is submitted.
        on_submitted: bool,
        /// Who, if it is a partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }
    /// Somebody is no contact of a service request any more.
    ServiceRequestContactRemoved = "service-request.contact-removed" {
        /// Of which.
        service_request_id: ServiceRequestId,
        /// Who, if it is a customer on record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Who, if it is a partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }
    /// An organization subscribed to something.
    SubscriptionOrdered = "subscription.ordered" {
        /// Which subscription.
        subscription_id: SubscriptionId,
        /// The product's code.
        sku: ProductCode,
        /// For how many.
        quantity: Quantity,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// The entitlement that it gives.
        entitlement_id: EntitlementId,
        /// The e-mails of its contacts.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<Email>,
        /// Those of them who are a contact of the organization's subscriptions for the first time.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        welcomed: Vec<Email>,
    }
    /// A subscription is sold as something else, or for more or fewer.
    SubscriptionChanged = "subscription.changed" {
        /// Which.
        subscription_id: SubscriptionId,
        /// As what now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Plan>,
        /// For how many now.
        quantity: Quantity,
    }
    /// A subscription runs longer.
    SubscriptionRenewed = "subscription.renewed" {
        /// Which.
        subscription_id: SubscriptionId,
        /// Until when, not included.
        ends_at: Timestamp,
    }
    /// The order of a subscription was cancelled.
    SubscriptionCancelled = "subscription.cancelled" {
        /// Which.
        subscription_id: SubscriptionId,
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
    }
    /// A subscription was transferred to a partner, or to another billing account of it.
    SubscriptionTransferred = "subscription.transferred" {
        /// Which.
        subscription_id: SubscriptionId,
    }
    /// A subscription was transferred away from a partner.
    SubscriptionTransferredAway = "subscription.transferred-away" {
        /// Which.
        subscription_id: SubscriptionId,
    }
    /// It is known how many use a subscription.
    SubscriptionUsageReported = "subscription.usage-reported" {
        /// Which.
        subscription_id: SubscriptionId,
        /// How many.
        active_users: u64,
    }
    /// Somebody said where a subscription is used.
    SubscriptionSetUp = "subscription.set-up" {
        /// Which.
        subscription_id: SubscriptionId,
        /// On which site; none if in the whole organization.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site_id: Option<SiteId>,
    }
    /// An organization has a site more.
    SiteCreated = "site.created" {
        /// Which.
        site_id: SiteId,
        /// Its address.
        url: SiteUrl,
    }
    /// A subscription was moved to a site on a new platform.
    SiteMigrated = "site.migrated" {
        /// Which subscription.
        subscription_id: SubscriptionId,
        /// To which site.
        site_id: SiteId,
        /// The site's address.
        url: SiteUrl,
        /// Whether it is the organization's first site there.
        first: bool,
    }
    /// Somebody is a contact of a subscription.
    SubscriptionContactAdded = "subscription.contact-added" {
        /// Of which.
        subscription_id: SubscriptionId,
        /// Who.
        customer_id: CustomerId,
        /// Whether for the first time of any of the organization's subscriptions.
        first: bool,
    }
    /// Somebody is no contact of a subscription any more.
    SubscriptionContactRemoved = "subscription.contact-removed" {
        /// Of which.
        subscription_id: SubscriptionId,
        /// The e-mail.
        email: Email,
        /// Who, if on record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
    }
    /// A subscription was deactivated, for good.
    SubscriptionDeactivated = "subscription.deactivated" {
        /// Which.
        subscription_id: SubscriptionId,
        /// The one with which it went down; absent if the reader does not see that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<SubscriptionId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
    }
    /// A message about a subscription has no effect any more.
    SubscriptionMessageIgnored = "subscription.message-ignored" {
        /// Which.
        subscription_id: SubscriptionId,
        /// Of which type the message was.
        message_type: String,
        /// Why.
        reason: String,
    }
    /// A message about a subscription that is not known yet is kept until its order comes.
    SubscriptionMessageKept = "subscription.message-kept" {
        /// Who sent it.
        source_id: SourceId,
        /// What it calls the subscription.
        external_id: ExternalId,
        /// Of which type the message was.
        message_type: String,
    }
    /// A line of an order came to nothing.
    OrderLineIgnored = "order.line-ignored" {
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// Which line, from 0 on, of those of subscriptions.
        line: usize,
        /// Why.
        reason: String,
    }
    /// A change that came before its order is none of it.
    OrderChangeIgnored = "order.change-ignored" {
        /// Whose order.
        source_id: SourceId,
        /// Which order.
        order_id: OrderId,
        /// The store's number of the change.
        sequence: u64,
        /// Why.
        reason: String,
    }
}

impl EventKind {
    /// The license type the event is about.
    pub fn license_type(&self) -> Option<&LicenseTypeCode> {
        match self {
            Self::LicenseTypeCreated { license_type, .. }
            | Self::LicenseCredited { license_type, .. }
            | Self::LicenseWithdrawn { license_type, .. }
            | Self::LicenseAssigned { license_type, .. } => Some(license_type),
            _ => None,
        }
    }
}

/// The name of a kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType(&'static str);

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::str::FromStr for EventType {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        EventKind::TYPES.iter().find(|name| **name == text).map(|name| Self(name)).ok_or_else(|| {
            let known = EventKind::TYPES.join("`, `");
            Invalid::new("unknown-value", format!("{} is none of `{known}`", quoted(text)))
        })
    }
}

written_as_text!(EventType, enum = EventKind::TYPES);

/// Where an event is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// With a partner.
    Partner(PartnerId),
    /// With an organization.
    Organization(OrganizationId),
    /// With the vendor: it concerns no party.
    Vendor,
}

/// What happened, and whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Happening {
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
    /// The partner it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// The organization it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
}

impl Happening {
    /// Concerns nobody but the vendor.
    pub fn of_vendor(kind: EventKind) -> Self {
        Self { kind, partner_id: None, organization_id: None }
    }

    /// Concerns a partner.
    pub fn of_partner(kind: EventKind, partner: PartnerId) -> Self {
        Self { partner_id: Some(partner), ..Self::of_vendor(kind) }
    }

    /// Concerns an organization.
    pub fn of_organization(kind: EventKind, organization: OrganizationId) -> Self {
        Self { organization_id: Some(organization), ..Self::of_vendor(kind) }
    }

    /// Concerns a partner and a customer of it.
    pub fn of_both(kind: EventKind, partner: PartnerId, organization: OrganizationId) -> Self {
        Self { kind, partner_id: Some(partner), organization_id: Some(organization) }
    }
}

/// An event as it is kept: never changed, never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id, which sorts by time.
    pub id: EventId,
    /// When.
    pub time: Timestamp,
    /// Who.
    pub actor: Author,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

impl Event {
    /// The log it is in.
    pub fn home(&self) -> Home {
        match (self.happening.partner_id, self.happening.organization_id) {
            (Some(partner), _) => Home::Partner(partner),
            (None, Some(organization)) => Home::Organization(organization),
            (None, None) => Home::Vendor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::AuthorKind;

    #[test]
    fn an_event_is_written_as_published() {
        let event = Event {
            id: "evt_019b8c3e-5c00-7000-8000-000000000009".parse().unwrap(),
            time: "2026-01-05T09:00:00Z".parse().unwrap(),
            actor: Author { kind: AuthorKind::Partner, id: "auth0|7".to_owned(), email: None },
            happening: Happening::of_partner(
                EventKind::StoreLinked {
                    source_id: "src_019b8c3e-5c00-7000-8000-000000000003".parse().unwrap(),
                    account: "ec-4711".parse().unwrap(),
                },
                "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
            ),
        };
        let written = serde_json::to_value(&event).unwrap();
        assert_eq!(
            written,
            serde_json::json!({
                "id": "evt_019b8c3e-5c00-7000-8000-000000000009",
                "time": "2026-01-05T09:00:00.000Z",
                "actor": {"type": "partner", "id": "auth0|7"},
                "type": "store.linked",
                "data": {"sourceId": "src_019b8c3e-5c00-7000-8000-000000000003", "account": "ec-4711"},
                "partnerId": "prt_019b8c3e-5c00-7000-8000-000000000001",
            })
        );
        assert_eq!(serde_json::from_value::<Event>(written).unwrap(), event);
    }
}
