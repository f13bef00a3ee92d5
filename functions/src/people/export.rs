//! Export of a person: everything that is stored about it, in pages. First come the items that name the person, then the
//! events that it caused, log by log.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{ContactHistory, GranteeMention, History, ItemsByEmail, PageQuery};
use api_runtime::{Context, Failure, List, Output};
use domain::erasure::RecordIds;
use domain::service_request::{NotificationPreference, Person, ServiceRequestUpdate};
use domain::{Actor, Customer, Email, Event, LogScope, Member, Order, PersonRef, StaffRecord, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::export_items::{
    ExportedAccessRequest, ExportedContactHistory, ExportedEvent, ExportedGrant, ExportedMention,
    ExportedOrder, ExportedPreference, ExportedServiceRequest, ExportedStaff, ExportedSubscription,
    ExportedUpdate,
};
use crate::customers::view::CustomerView;
use crate::entitlements::{EntitlementView, read_fields};
use crate::erasure::listed::find_orders;
use crate::erasure::traces::Traces;
use crate::members::view::MemberView;

/// Beginning of the positions of events, which come after all other items.
const EVENTS: &str = "events/";

/// A page of all that is stored about a person. Each page has the next items, whatever section they belong to; sections
/// without an item on the page are empty.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonExport {
    /// E-mail of the person; at most 254 bytes.
    email: Email,
    /// Time of the export of this page; RFC 3339, UTC.
    exported_at: Timestamp,
    /// Customer records, also removed ones, with the names and organizations before moves. The external id and the creator are
    /// shown only to the vendor's staff.
    customers: Vec<CustomerView>,
    /// Member records, also removed ones.
    members: Vec<MemberView>,
    /// Records of the person as an operator or agent.
    staff: Vec<ExportedStaff>,
    /// Entitlements of the person's own, with the details that the caller may view.
    entitlements: Vec<EntitlementView>,
    /// Subscriptions of which the person is, or was, a contact.
    subscriptions: Vec<ExportedSubscription>,
    /// Histories of the person as a contact, one for each organization.
    contact_histories: Vec<ExportedContactHistory>,
    /// Orders that wait for their account and name the person as a contact.
    parked_orders: Vec<ExportedOrder>,
    /// Service requests that the person submitted, or is a contact of.
    service_requests: Vec<ExportedServiceRequest>,
    /// Updates of service requests that the person wrote, also as an operator or agent.
    updates: Vec<ExportedUpdate>,
    /// Access requests that name the person.
    access_requests: Vec<ExportedAccessRequest>,
    /// Individual access grants to the person: the active ones and the last that ended.
    grants: Vec<ExportedGrant>,
    /// Places at which a grant that names no member mentions the person's e-mail.
    grantee_mentions: Vec<ExportedMention>,
    /// Notification preferences.
    preferences: Vec<ExportedPreference>,
    /// Changes that the person made: log by log, oldest first, in those of its organizations, also those that it has left, and
    /// partners; those of an operator or agent as the vendor's log has them. `query-history` finds what an operator or agent
    /// changed in the logs of others.
    events: Vec<ExportedEvent>,
    /// Token to send as `pageToken` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

impl Output for PersonExport {
    fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }
}

/// Item of an export.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Item {
    Customer(Box<CustomerView>),
    Member(Box<MemberView>),
    Staff(ExportedStaff),
    Entitlement(Box<EntitlementView>),
    Subscription(ExportedSubscription),
    ContactHistory(ExportedContactHistory),
    ParkedOrder(ExportedOrder),
    ServiceRequest(ExportedServiceRequest),
    Update(ExportedUpdate),
    AccessRequest(ExportedAccessRequest),
    Grant(ExportedGrant),
    Mention(ExportedMention),
    Preference(ExportedPreference),
    Event(ExportedEvent),
}

impl PersonExport {
    /// Reads a page of all that is stored about the person with an e-mail, as far as the caller may see it.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub(super) async fn read(context: &Context<'_>, actor: &Actor, email: &Email) -> Result<Self, Failure> {
        let after = context.page_query(true).after;
        let page = match after.as_deref().and_then(|after| after.strip_prefix(EVENTS)) {
            Some(after) => Box::pin(events(context, email, after)).await?,
            None => {
                let items = Box::pin(items(context, actor, email)).await?;
                let size = context.page_query(true).size;
                let mut rest = items.into_iter().filter(|(place, _)| Some(place) > after.as_ref()).peekable();
                let page: Vec<_> = rest.by_ref().take(size).collect();
                let next = match rest.peek() {
                    Some(_) => page.last().map(|(place, _)| place.clone()),
                    None => Some(EVENTS.to_owned()),
                };
                context.list_of_large(page, next)?
            }
        };
        let mut export = Self::empty(email.clone(), context.now);
        export.next_page_token = page.next_page_token;
        page.items.into_iter().for_each(|item| export.add(item));
        Ok(export)
    }

    fn empty(email: Email, exported_at: Timestamp) -> Self {
        Self {
            email,
            exported_at,
            customers: Vec::new(),
            members: Vec::new(),
            staff: Vec::new(),
            entitlements: Vec::new(),
            subscriptions: Vec::new(),
            contact_histories: Vec::new(),
            parked_orders: Vec::new(),
            service_requests: Vec::new(),
            updates: Vec::new(),
            access_requests: Vec::new(),
            grants: Vec::new(),
            grantee_mentions: Vec::new(),
            preferences: Vec::new(),
            events: Vec::new(),
            next_page_token: None,
        }
    }

    fn add(&mut self, item: Item) {
        match item {
            Item::Customer(one) => self.customers.push(*one),
            Item::Member(one) => self.members.push(*one),
            Item::Staff(one) => self.staff.push(one),
            Item::Entitlement(one) => self.entitlements.push(*one),
            Item::Subscription(one) => self.subscriptions.push(one),
            Item::ContactHistory(one) => self.contact_histories.push(one),
            Item::ParkedOrder(one) => self.parked_orders.push(one),
            Item::ServiceRequest(one) => self.service_requests.push(one),
            Item::Update(one) => self.updates.push(one),
            Item::AccessRequest(one) => self.access_requests.push(one),
            Item::Grant(one) => self.grants.push(one),
            Item::Mention(one) => self.grantee_mentions.push(one),
            Item::Preference(one) => self.preferences.push(one),
            Item::Event(one) => self.events.push(one),
        }
    }
}

/// Items of a person, each with its position.
#[derive(Default)]
struct Items(BTreeMap<String, Item>);

impl Items {
    /// Adds the items of a section, each with its key in it. Positions sort by section.
    fn add(&mut self, section: u8, items: impl Iterator<Item = (String, Item)>) {
        self.0.extend(items.map(|(key, item)| (format!("a{section:02}/{key}"), item)));
    }
}

/// Reads all items but events.
async fn items(
    context: &Context<'_>,
    actor: &Actor,
    email: &Email,
) -> Result<BTreeMap<String, Item>, Failure> {
    let known = RecordIds::default();
    let traces = Traces::of(context, email, context.now, &known);
    let (traces, fields) = tokio::try_join!(Box::pin(traces), read_fields(context))?;
    let orders = find_orders(context, &traces).await?;
    let mut items = Items::default();
    add_mentions(&mut items, &traces, &orders, context.now);
    add_records(&mut items, actor, &traces);
    let own = |one| Item::Entitlement(Box::new(EntitlementView::to(actor, one, &fields, context.now)));
    items.add(4, traces.entitlements.into_iter().map(|one| (one.id.to_string(), own(one))));
    let key = |one: &ContactHistory| one.organization_id.to_string();
    items.add(6, traces.histories.into_iter().map(|one| (key(&one), Item::ContactHistory(one.into()))));
    let key = |one: &ServiceRequestUpdate| format!("{}/{:010}", one.service_request_id, one.number);
    items.add(9, traces.updates.into_iter().map(|one| (key(&one), Item::Update(one.into()))));
    let key = |one: &GranteeMention| format!("{}/{}", one.organization_id, one.partner_id);
    items.add(12, traces.mentions.into_iter().map(|one| (key(&one), Item::Mention(one.into()))));
    let record = |person: &Person| match person {
        Person::Member { member_id, .. } => member_id.to_string(),
        Person::Customer { customer_id } => customer_id.to_string(),
        Person::Unrecorded { .. } => String::new(),
    };
    let key = |one: &NotificationPreference| format!("{}/{}", one.organization_id, record(&one.person));
    items.add(13, traces.preferences.into_iter().map(|one| (key(&one), Item::Preference(one.into()))));
    Ok(items.0)
}

/// Adds the records of the person.
fn add_records(items: &mut Items, actor: &Actor, traces: &Traces) {
    let customer = |one: Customer| {
        // A person may know where it was itself.
        let formerly = one.formerly.clone();
        CustomerView::whole(Customer { formerly, ..one.seen_by(actor) })
    };
    let customer = |one: &Customer| (one.id.to_string(), Item::Customer(Box::new(customer(one.clone()))));
    items.add(1, traces.customers.iter().map(customer));
    let member = |one: &Member| (one.id.to_string(), Item::Member(Box::new(one.clone().into())));
    items.add(2, traces.members.iter().map(member));
    let staff = |one: &StaffRecord| (one.subject.clone(), Item::Staff(one.clone().into()));
    items.add(3, traces.staff.iter().map(staff));
}

/// Adds what names the person among others, reduced to what concerns the person.
fn add_mentions(items: &mut Items, traces: &Traces, orders: &[Order], now: Timestamp) {
    let subscriptions = traces.subscriptions.iter().filter_map(|one| {
        let exported = ExportedSubscription::of(traces, one)?;
        Some((one.id.to_string(), Item::Subscription(exported)))
    });
    items.add(5, subscriptions);
    let order = |one| Item::ParkedOrder(ExportedOrder::of(traces, one));
    items.add(7, orders.iter().map(|one| (format!("{}/{}", one.source_id, one.order_id), order(one))));
    let request = |one| Item::ServiceRequest(ExportedServiceRequest::of(traces, one));
    items.add(8, traces.service_requests.iter().map(|one| (one.id.to_string(), request(one))));
    let request = |one| Item::AccessRequest(ExportedAccessRequest::of(traces, one, now));
    items.add(10, traces.requests.iter().cloned().map(|one| (one.id.to_string(), request(one))));
    let grants = traces.access.iter().flat_map(|access| ExportedGrant::all(traces, access, now));
    items.add(11, grants.map(|one| (one.id().to_string(), Item::Grant(one))));
}

/// Reads a page of the events that the person caused, from one of the logs of its parties. `after` is the log and the event
/// after which the page begins. It may be short or empty although more pages follow.
async fn events(context: &Context<'_>, email: &Email, after: &str) -> Result<List<Item>, Failure> {
    let found = context.table.items_with_email(email).await?;
    let logs = logs_of(&found);
    let (log, event) = after.split_once('/').unwrap_or((after, ""));
    let mut rest = logs.range(log.to_owned()..);
    let Some((name, of)) = rest.next() else { return Ok(context.list(Vec::new(), None)) };
    let people = people_of(&found);
    let is_own = |event: &Event| event.actor.person().is_some_and(|person| people.contains(&person));
    let history =
        History { of: *of, partner: None, from: None, to: None, event_type: None, license_types: Vec::new() };
    let after = Some(event.to_owned()).filter(|event| name == log && !event.is_empty());
    let page_query = PageQuery { after, ..context.page_query(true) };
    let page = context.table.page(&history, &page_query, Some(&is_own)).await?;
    let next = match page.next {
        Some(event) => Some(format!("{EVENTS}{name}/{event}")),
        None => rest.next().map(|(name, _)| format!("{EVENTS}{name}/")),
    };
    let items = page.items.into_iter().map(|event| Item::Event(event.into()));
    Ok(context.list(items.collect(), next))
}

/// Returns the logs that may have events of the person, each under the name by which they are sorted: those of its
/// organizations, also of those that it has left, and of its partners, and the vendor's for its staff and for customers who
/// belonged to no organization.
fn logs_of(found: &ItemsByEmail) -> BTreeMap<String, LogScope> {
    let mut logs = BTreeMap::new();
    let current = found.customers.iter().filter_map(|one| one.organization_id);
    let former = found.customers.iter().flat_map(|one| &one.formerly).map(|one| one.organization_id);
    // The history as a contact names an organization that a customer left before former names were kept.
    let as_contact = found.histories.iter().map(|one| one.organization_id);
    let organizations: BTreeSet<_> = current.chain(former).chain(as_contact).collect();
    logs.extend(organizations.into_iter().map(|one| (one.to_string(), LogScope::Organization(one))));
    let partners = found.members.iter().map(|one| one.partner_id);
    logs.extend(partners.map(|one| (one.to_string(), LogScope::Partner(one))));
    let may_be_of_none = |one: &Customer| one.organization_id.is_none() || one.moved_at.is_some();
    if !found.staff.is_empty() || found.customers.iter().any(may_be_of_none) {
        logs.insert("vendor".to_owned(), LogScope::Vendor);
    }
    logs
}

/// Returns the records of the person, as events name their authors.
fn people_of(found: &ItemsByEmail) -> BTreeSet<PersonRef> {
    let customers = found.customers.iter().map(|one| PersonRef::Customer(one.id));
    let members = found.members.iter().map(|one| PersonRef::Member(one.id));
    let staff = found.staff.iter().map(|one| PersonRef::Staff(one.subject.clone()));
    customers.chain(members).chain(staff).collect()
}
