//! The home summary of a caller, and its parts.

use api_runtime::Output;
use domain::{
    AccessRequest, AccessRequestId, Email, EventId, Grant, GrantId, Level, LicenseTypeCode, Name, Order,
    OrderId, OrganizationId, ParkedOrderId, PartnerId, Period, Plan, Pool, ProductCode, ServiceRequest,
    ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, StoreAccount, Subscription, SubscriptionId,
    Threshold, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party};

/// Maximum number of items in a part.
pub(super) const MOST_SHOWN: usize = 5;

/// Time before their end at which access and subscriptions are shown.
pub(super) const AHEAD: Period = Period::days(30);

/// Pending work of the caller: counts and first items. Parts that do not concern its role are absent.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MySummary {
    /// Pending access requests: for a partner's member those of the partner, for a contact manager those addressed to
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pending_requests: Option<Section<PendingRequestRow>>,
    /// Access that ends within 30 days, the earliest first: for a partner's member its own, for a contact manager the
    /// grants to partners.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ending_access: Option<EndingAccess>,
    /// Subscriptions that end within 30 days unless they are renewed, the earliest first: for a partner's member those
    /// that the partner manages, for a contact manager those of the organization, for another customer those that it is a contact
    /// of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) renewals: Option<Section<RenewalRow>>,
    /// License pools of the partner with fewer available licenses than their threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) low_pools: Option<Section<LowPoolRow>>,
    /// Service requests that are neither solved nor closed; for a customer who is not a contact manager, its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open_service_requests: Option<OpenServiceRequests>,
    /// Orders that wait until their account is linked, the oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parked_orders: Option<Section<ParkedOrderRow>>,
    /// Events of scheduled work that failed in the last 7 days, the newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failed_work: Option<Section<FailedWorkRow>>,
}

impl Output for MySummary {}

/// Part of a summary: a count, and the first items.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Section")]
pub struct Section<T> {
    /// Number of items that were found.
    count: u64,
    /// Whether there may be more than `count`.
    more: bool,
    /// First items, at most 5.
    items: Vec<T>,
}

impl<T> Section<T> {
    /// Returns a part with the first of all items.
    pub(super) fn of(all: impl ExactSizeIterator<Item = T>, more: bool) -> Self {
        Self { count: number(all.len()), more, items: all.take(MOST_SHOWN).collect() }
    }
}

/// Returns a number of items.
pub(super) fn number(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

/// A pending access request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingRequestRow {
    /// Id of the access request.
    id: AccessRequestId,
    /// Partner that requests access.
    partner: Party<PartnerId>,
    /// E-mail of the contact manager to whom the request is addressed; at most 254 bytes.
    contact_manager_email: Email,
    /// Time of the submission; RFC 3339, UTC.
    created_at: Timestamp,
    /// Time until which the request can be decided, exclusive; RFC 3339, UTC.
    lapses_at: Timestamp,
}

impl PendingRequestRow {
    pub(super) fn of(request: AccessRequest, names: &Names) -> Self {
        Self {
            id: request.id,
            partner: names.partner(request.partner_id),
            contact_manager_email: request.contact_manager_email,
            created_at: request.metadata.created_at,
            lapses_at: request.lapses_at,
        }
    }
}

/// Access that ends within 30 days.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndingAccess {
    /// Number of grants that end within 30 days.
    #[serde(rename = "within30Days")]
    within_30_days: u64,
    /// Number of grants that end within 7 days.
    #[serde(rename = "within7Days")]
    within_7_days: u64,
    /// Number of grants that end within 24 hours.
    #[serde(rename = "within1Day")]
    within_1_day: u64,
    /// Whether there may be more grants than `within30Days`.
    more: bool,
    /// Grants that end first, at most 5.
    items: Vec<EndingAccessRow>,
}

/// A grant that ends within 30 days.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndingAccessRow {
    /// Id of the grant.
    grant_id: GrantId,
    /// Organization that the grant gives access to.
    organization: Party<OrganizationId>,
    /// Partner whose members the grant is for.
    partner: Party<PartnerId>,
    /// E-mail of the member that the grant is for; at most 254 bytes. Absent if it is for all members of the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Access level.
    level: Level,
    /// Time from which the grant is no longer active; RFC 3339, UTC.
    expires_at: Timestamp,
    /// Whether the schedule extends the grant before it expires.
    auto_extend: bool,
}

impl EndingAccess {
    /// Returns the active ones of these grants that end within 30 days. `more` says whether there may be others.
    pub(super) fn of(
        grants: impl Iterator<Item = (OrganizationId, PartnerId, Grant)>,
        names: &Names,
        more: bool,
        now: Timestamp,
    ) -> Self {
        let end = now.after(AHEAD);
        let mut ending: Vec<_> =
            grants.filter(|(.., grant)| grant.is_active(now) && grant.expires_at <= end).collect();
        ending.sort_by_key(|(.., grant)| (grant.expires_at, grant.id));
        let within = |days: u16| {
            let end = now.after(Period::days(days));
            number(ending.iter().filter(|(.., grant)| grant.expires_at <= end).count())
        };
        let (within_30_days, within_7_days, within_1_day) = (within(30), within(7), within(1));
        let row = |(organization, partner, grant): (OrganizationId, PartnerId, Grant)| EndingAccessRow {
            grant_id: grant.id,
            organization: names.organization(organization),
            partner: names.partner(partner),
            email: grant.individual.map(|one| one.email).filter(|email| !email.is_erased()),
            level: grant.level,
            expires_at: grant.expires_at,
            auto_extend: grant.auto_extend,
        };
        let items = ending.into_iter().take(MOST_SHOWN).map(row).collect();
        Self { within_30_days, within_7_days, within_1_day, more, items }
    }
}

/// A subscription that ends within 30 days unless it is renewed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenewalRow {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Organization that owns the subscription.
    organization: Party<OrganizationId>,
    /// Code of the product when the subscription was created; 1 to 100 characters.
    sku: ProductCode,
    /// Plan under which the subscription is sold; 1 to 100 characters. Absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// Name of the product; 1 to 200 characters. Present for customers; a partner's member finds it in the list of
    /// subscriptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_name: Option<Name>,
    /// Time at which the subscription ends unless it is renewed; RFC 3339, UTC.
    ends_at: Timestamp,
}

impl RenewalRow {
    pub(super) fn of(one: Subscription, names: &Names, product_name: Option<Name>) -> Self {
        Self {
            id: one.id,
            organization: names.organization(one.organization_id),
            ends_at: one.ends_at(),
            sku: one.sku,
            plan: one.plan,
            product_name,
        }
    }

    /// Returns whether a subscription runs and ends within 30 days.
    pub(super) fn is_due(one: &Subscription, now: Timestamp) -> bool {
        !one.is_over(now) && one.ends_at() < now.after(AHEAD)
    }
}

/// A license pool with fewer available licenses than its threshold.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LowPoolRow {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Display name of the license type: 1 to 200 characters. Absent if it could not be found, such as right after
    /// creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Number of licenses that can still be assigned.
    available: u64,
    /// Number of available licenses below which the pool is low: 1 to 1,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Threshold>,
}

impl LowPoolRow {
    pub(super) fn of(pool: Pool, name: Option<Name>) -> Self {
        Self { license_type: pool.license_type, name, available: pool.available, threshold: pool.threshold }
    }
}

/// Service requests that are neither solved nor closed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenServiceRequests {
    /// Number of service requests that wait for the vendor.
    pub(super) open: u64,
    /// Number of service requests that wait for the person who submitted them.
    pub(super) waiting: u64,
    /// Whether there may be more than were counted.
    pub(super) more: bool,
    /// Some of the service requests that wait for the vendor, at most 5: for operators and agents the oldest, for
    /// contact managers the newest, for a partner's member the oldest of the organizations in `organizations`, for another
    /// customer its newest, also those that wait for a person.
    pub(super) items: Vec<ServiceRequestRow>,
    /// Organizations with the most of them, at most 5; for a partner's member only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organizations: Option<Vec<OrganizationRow>>,
}

/// A service request that waits for the vendor.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestRow {
    /// Id of the service request.
    id: ServiceRequestId,
    /// Organization that the service request belongs to.
    organization: Party<OrganizationId>,
    /// Subject in one line, 1 to 200 characters.
    subject: Name,
    /// Kind of the service request.
    kind: ServiceRequestKind,
    /// Current status.
    status: ServiceRequestStatus,
    /// Time of the submission; RFC 3339, UTC.
    created_at: Timestamp,
}

impl ServiceRequestRow {
    pub(super) fn of(request: ServiceRequest, names: &Names) -> Self {
        Self {
            id: request.id,
            organization: names.organization(request.organization_id),
            subject: request.subject,
            kind: request.kind,
            status: request.status,
            created_at: request.metadata.created_at,
        }
    }
}

/// An organization with open service requests.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrganizationRow {
    /// Organization that the service requests belong to.
    pub(super) organization: Party<OrganizationId>,
    /// Number of service requests that wait for the vendor.
    pub(super) open: u64,
    /// Number of service requests that wait for the person who submitted them.
    pub(super) waiting: u64,
}

/// An order that waits until its account is linked.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedOrderRow {
    /// Id of the parked order.
    id: ParkedOrderId,
    /// The store's number of the order; 1 to 100 characters.
    order_id: OrderId,
    /// Buyer's account at the store; 1 to 100 characters.
    store_account: StoreAccount,
    /// Time of the arrival; RFC 3339, UTC.
    created_at: Timestamp,
    /// Time at which the order lapses if it is still parked; RFC 3339, UTC.
    lapses_at: Timestamp,
}

impl ParkedOrderRow {
    /// Returns the row of an order; `None` if it is not parked.
    pub(super) fn of(order: Order) -> Option<Self> {
        let parking = order.parking?;
        Some(Self {
            id: parking.id,
            order_id: order.order_id,
            store_account: parking.store_account,
            created_at: order.metadata.created_at,
            lapses_at: parking.lapses_at,
        })
    }
}

/// Scheduled work that failed three times.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailedWorkRow {
    /// Id of the event `due-work.failed`, in the vendor's history.
    pub(super) id: EventId,
    /// Time of the event; RFC 3339, UTC.
    pub(super) time: Timestamp,
    /// Type of the stored item that the work is about, such as `order`.
    pub(super) entity: String,
    /// Number of failed attempts.
    pub(super) attempts: u64,
}
