//! Tests of the rules of fulfillment.

use proptest::prelude::*;

use super::facts::KnownContact;
use super::faults::find_faults;
use super::*;
use crate::fault::Fault;
use crate::id::{Id, Ids, ParkedOrderId, SourceId};
use crate::license::Quantity;
use crate::order::{LineContact, OrderStatus, Parking, Reference};
use crate::party::{EntryOrigin, Organization, PartnerOrganization};
use crate::product::Product;
use crate::search::index;
use crate::subscription::{
    ContactPerson, Deactivation, Renewal, SubscriptionKind, SubscriptionStatus, Suspension, Transfer, Usage,
};

const ROOM: usize = 95;

fn time(minutes: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_767_603_600_000 + minutes * 60_000)
}

fn id<I: Id>(number: u64) -> I {
    I::first_at(time(number))
}

fn line(linked_to: Vec<LinkEnd>) -> SubscriptionLine {
    SubscriptionLine {
        kind: SubscriptionKind::Subscription,
        sku: "ER-1".parse().unwrap(),
        plan: None,
        quantity: Quantity::new(1).unwrap(),
        starts_at: time(0),
        term: "P1Y".parse().unwrap(),
        linked_to,
        parents: Vec::new(),
        organization: Reference::Id(id(1)),
        contacts: Vec::new(),
        external_id: None,
    }
}

fn order(lines: Vec<SubscriptionLine>) -> Order {
    let mut order = Order::new(id::<SourceId>(1), "SO-1".parse().unwrap(), OrderStatus::Applied, time(0));
    order.partner_id = Some(id(1));
    order.subscriptions = lines.into_iter().map(OrderedSubscription::new).collect();
    order
}

fn product(archived: bool) -> Product {
    Product {
        id: id(1),
        name: "Event Recorder".parse().unwrap(),
        description: None,
        code: Some("ER-1".parse().unwrap()),
        archived_at: archived.then(|| time(0)),
        metadata: Metadata::new(time(0)),
    }
}

fn organization() -> Organization {
    Organization {
        id: id(1),
        name: "Yamada".parse().unwrap(),
        external_id: None,
        created_by: None,
        time_zone: None,
        deactivated_at: None,
        metadata: Metadata::new(time(0)),
    }
}

/// Returns the entry of the organization in a partner's directory.
fn entry(partner_id: PartnerId) -> PartnerOrganization {
    PartnerOrganization {
        partner_id,
        organization_id: id(1),
        name: organization().name,
        removed_at: None,
        removed_by_deactivation: false,
        metadata: Metadata::new(time(0)),
    }
}

/// Returns facts in which everything that the lines name exists.
fn facts(order: &Order) -> Facts {
    let lines = || 0..order.subscriptions.len();
    Facts {
        products: lines().map(|index| (index, product(false))).collect(),
        organizations: lines().map(|index| (index, organization())).collect(),
        directory: BTreeMap::from([((id(1), id(1)), entry(id(1)))]),
        ..Facts::default()
    }
}

/// Returns an existing subscription of the order's source, organization and partner.
fn existing(order: &Order, number: u64) -> Subscription {
    let one = super::decide(order.clone(), &facts(order), ROOM, time(0), || id(number)).unwrap();
    Subscription { linked: BTreeSet::new(), ..one.created[0].subscription.clone() }
}

fn decide(order: &Order, facts: &Facts) -> Result<Fulfillment, RefusedLine> {
    let ids = Ids::counted_from(1);
    super::decide(order.clone(), facts, ROOM, time(9), || ids.next(time(9)))
}

fn codes(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|fault| fault.code.as_str()).collect()
}

#[test]
fn each_line_becomes_a_subscription_with_its_entitlement_and_event() {
    let order = order(vec![line(Vec::new()), line(vec![LinkEnd::Line(0)])]);
    let done = decide(&order, &facts(&order)).unwrap();
    let [first, second] = &done.created[..] else { panic!("{done:?}") };
    assert_eq!(first.subscription.linked, BTreeSet::from([second.subscription.id]));
    assert_eq!(second.subscription.linked, BTreeSet::from([first.subscription.id]));
    assert_eq!(first.entitlement.subscription_id, Some(first.subscription.id));
    assert_eq!(done.events.len(), 2);
    assert!(!done.order.is_being_fulfilled());
    assert_eq!(first.subscription.status(time(1)), SubscriptionStatus::PendingSetUp);
}

#[test]
fn archived_product_is_refused_unless_fulfillment_has_begun() {
    let mut order = order(vec![line(Vec::new()), line(Vec::new())]);
    let mut facts = facts(&order);
    facts.products.insert(1, product(true));
    assert_eq!(codes(&find_faults(&order, &facts, &[])), ["archived-product"]);
    assert_eq!(decide(&order, &facts).unwrap_err().line, 1);
    let first = existing(&order, 7);
    order.subscriptions[0].subscription_id = Some(first.id);
    facts.created_earlier.insert(first.id, first);
    assert_eq!(codes(&find_faults(&order, &facts, &[])), [""; 0]);
    assert_eq!(decide(&order, &facts).unwrap().created.len(), 1);
}

#[test]
fn deactivated_link_target_refuses_a_new_order_and_ignores_a_parked_line() {
    let mut order = order(vec![line(vec![LinkEnd::Subscription(id(7))]), line(vec![LinkEnd::Line(0)])]);
    let mut facts = facts(&order);
    let mut other = existing(&self::order(vec![line(Vec::new())]), 7);
    other.deactivation = Some(Deactivation { at: time(1), cause: other.id, reason: None, resume_at: None });
    facts.ends.insert(other.id, other);
    assert_eq!(codes(&find_faults(&order, &facts, &[4])), ["subscription-deactivated"]);
    order.parking = Some(Parking::new(id::<ParkedOrderId>(1), "ec-1".parse().unwrap(), time(0)));
    assert_eq!(codes(&find_faults(&order, &facts, &[4])), [""; 0]);
    let done = decide(&order, &facts).unwrap();
    assert!(done.created.is_empty() && !done.order.is_being_fulfilled());
    let why: Vec<_> = done.order.subscriptions.iter().map(|one| one.ignored.as_deref().unwrap()).collect();
    assert_eq!(why, [LINKED_TO_DEACTIVATED.about, LINKED_TO_IGNORED.about]);
}

#[test]
fn link_to_another_partners_subscription_is_refused() {
    let order = order(vec![line(vec![LinkEnd::Subscription(id(7))])]);
    let mut facts = facts(&order);
    let mut other = existing(&self::order(vec![line(Vec::new())]), 7);
    other.buyer.partner_id = Some(id(2));
    facts.ends.insert(other.id, other.clone());
    assert_eq!(codes(&find_faults(&order, &facts, &[])), ["unknown-subscription"]);
    assert_eq!(decide(&order, &facts).unwrap_err(), RefusedLine { line: 0, reason: UNKNOWN_SUBSCRIPTION });
    other.buyer.partner_id = None;
    facts.ends.insert(other.id, other);
    let done = decide(&order, &facts).unwrap();
    let [(seen, linked)] = &done.linked[..] else { panic!("{done:?}") };
    assert_eq!((*seen, linked.metadata.version), (1, 2));
    assert_eq!(linked.linked, BTreeSet::from([done.created[0].subscription.id]));
}

/// Of a subscription's links only those to living subscriptions count, and beyond a number of stored ones those to
/// deactivated ones make room.
#[test]
fn only_living_links_count_towards_the_limit() {
    let order = order(vec![line(vec![LinkEnd::Subscription(id(7))])]);
    let mut facts = facts(&order);
    let mut hub = existing(&self::order(vec![line(Vec::new())]), 7);
    let others = |from: u64, count: u64| (from..from + count).map(id::<SubscriptionId>);
    let refused = |facts: &Facts| {
        let refused = decide(&order, facts).is_err();
        assert_eq!(codes(&find_faults(&order, facts, &[])).is_empty(), !refused);
        refused
    };
    hub.linked = others(1_000, 100).collect();
    facts.ends.insert(hub.id, hub.clone());
    assert!(refused(&facts));
    facts.over.insert(id(1_000));
    assert!(!refused(&facts));
    facts.over.clear();
    facts.deactivated.insert(id(1_001));
    let done = decide(&order, &facts).unwrap();
    assert_eq!(done.linked[0].1.linked.len(), 101, "the links to what is over stay");

    hub.linked = others(1_000, 500).collect();
    facts.ends.insert(hub.id, hub);
    facts.deactivated = others(1_000, 50).collect();
    facts.over = others(1_050, 360).collect();
    let done = decide(&order, &facts).unwrap();
    assert_eq!(done.linked[0].1.linked.len(), 451, "the links to what is deactivated make room");
    facts.deactivated.clear();
    assert!(refused(&facts), "what is over can be renewed, so its links stay");
}

#[test]
fn cancellations_before_the_order_are_all_kept() {
    let mut order = order(vec![line(Vec::new())]);
    for minutes in [30, 10, 20, 10] {
        order.add_cancellation(time(minutes));
    }
    assert_eq!(order.cancelled_at, Some(time(10)));
    let mut facts = facts(&order);
    let reported = ReportedState {
        renewal: Some(Renewal { ends_at: time(9_999_999), occurred_at: time(15) }),
        ..ReportedState::default()
    };
    facts.names.insert(0, facts::KnownExternalId { is_taken: false, reported });
    let done = decide(&order, &facts).unwrap();
    assert_eq!(done.created[0].subscription.cancelled_at(), Some(time(20)));
    assert_eq!(done.created[0].entitlement.ended_at, Some(time(20)));
}

#[test]
fn first_contact_is_recorded_once_and_removed_contact_is_skipped() {
    let contact = |name: &str| LineContact {
        email: format!("{name}@x.example").parse().unwrap(),
        name: name.parse().unwrap(),
    };
    let people = || vec![contact("new"), contact("known"), contact("gone"), contact("new")];
    let lines = (0..2).map(|_| SubscriptionLine { contacts: people(), ..line(Vec::new()) });
    let order = order(lines.collect());
    let mut facts = facts(&order);
    let known = KnownContact { was_contact: true, customer_id: Some(id(3)), removed_at: None };
    let gone = KnownContact { removed_at: Some(time(0)), ..KnownContact::default() };
    for (who, what) in [("known", known), ("gone", gone)] {
        facts.contacts.insert((id(1), contact(who).email), what);
    }
    let done = decide(&order, &facts).unwrap();
    assert_eq!(done.first_contacts, [(id(1), contact("new").email)]);
    for one in &done.created {
        let contacts = &one.subscription.contacts;
        assert_eq!(contacts.len(), 2);
        assert_eq!(contacts[0].email_in_order(), Some(&contact("new").email));
        assert_eq!(contacts[1].person, ContactPerson::Customer { customer_id: id(3) });
    }
}

#[test]
fn reports_received_before_the_order_are_applied_with_it() {
    let order = order(vec![line(Vec::new())]);
    let mut facts = facts(&order);
    let to = Buyer { partner_id: Some(id(2)), billing_account: None };
    let reported = ReportedState {
        renewal: Some(Renewal { ends_at: time(9_999_999), occurred_at: time(1) }),
        transfer: Some(Transfer { occurred_at: time(1), to: to.clone() }),
        usage: Some(Usage { mark: 1, active_users: 5 }),
        suspension: Some(Suspension { occurred_at: time(1), is_suspended: true, reason: None }),
    };
    facts.names.insert(0, facts::KnownExternalId { is_taken: false, reported });
    let done = decide(&order, &facts).unwrap();
    assert_eq!(done.created[0].subscription.buyer(), &to);
    assert_eq!(done.directory, BTreeMap::from([((id(2), id(1)), EntryOrigin::Transfer)]));
    assert_eq!(done.created[0].entitlement.suspended_at, Some(time(1)));
    // Ordered, renewed, suspended, usage reported, and a transfer that is recorded for both partners.
    assert_eq!(done.events.len(), 6);
}

#[test]
fn managing_partner_gets_one_directory_entry_unless_it_has_one() {
    let order = order(vec![line(Vec::new()), line(Vec::new())]);
    let place = (id(1), id(1));
    for removed in [true, false] {
        let mut facts = facts(&order);
        match removed {
            true => facts.directory.get_mut(&place).unwrap().removed_at = Some(time(1)),
            false => facts.directory.clear(),
        }
        let done = decide(&order, &facts).unwrap();
        assert_eq!(done.directory, BTreeMap::from([(place, EntryOrigin::Order)]));
        // Two subscriptions take 4 items each, the entry link, name, record, event and the parts of the name.
        let entry = 4 + index::parts(&organization().name).len();
        let decide = |room| super::decide(order.clone(), &facts, room, time(9), || id(9)).unwrap();
        assert_eq!(decide(5 + entry).created.len(), 1);
        // Without room for both, the entry comes first, and the subscription with the next transaction.
        let first = decide(4 + entry);
        assert_eq!(
            (first.created.len(), first.directory),
            (0, BTreeMap::from([(place, EntryOrigin::Order)]))
        );
    }
}

#[test]
fn end_is_counted_in_the_organizations_time_zone() {
    let mut sold = line(Vec::new());
    (sold.starts_at, sold.term) = ("2026-02-28T15:00:00Z".parse().unwrap(), "P1M".parse().unwrap());
    let order = order(vec![sold]);
    let tokyo = "Asia/Tokyo".parse().unwrap();
    for (time_zone, end) in [(Some(tokyo), "2026-03-31T15:00:00.000Z"), (None, "2026-03-28T15:00:00.000Z")] {
        let mut facts = facts(&order);
        facts.organizations.insert(0, Organization { time_zone, ..organization() });
        let done = decide(&order, &facts).unwrap();
        let created = &done.created[0];
        assert_eq!(created.subscription.ends_at().to_string(), end);
        assert_eq!(created.entitlement.ends_at, Some(created.subscription.ends_at()));
    }
}

proptest! {
    /// For any room that each transaction has, the same subscriptions exist at the end, linked at both ends, and no
    /// transaction takes more items than it has room for. A line with all links takes 17. The
    /// entry in the partner's directory may take a transaction of its own.
    #[test]
    fn order_split_over_transactions_creates_all_subscriptions_and_links(
        links in proptest::collection::vec((0usize..12, 0usize..12), 0..20),
        (room, listed) in (17usize..60, any::<bool>()),
    ) {
        let mut lines: Vec<_> = (0..12).map(|_| line(Vec::new())).collect();
        for (one, other) in links.into_iter().filter(|(one, other)| one != other) {
            lines[one].linked_to.push(LinkEnd::Line(other));
        }
        let mut order = order(lines.clone());
        let mut facts = facts(&order);
        if !listed {
            facts.directory.clear();
        }
        let ids = Ids::counted_from(1);
        let mut all = Subscriptions::new();
        for step in 0..=13 {
            if !order.subscriptions.iter().any(OrderedSubscription::is_open) {
                break;
            }
            prop_assert!(step < 13, "a step makes at least one, or the entry");
            let done = super::decide(order, &facts, room, time(9), || ids.next(time(9))).unwrap();
            let entry = match facts.directory.is_empty() {
                true => done.directory.len() * (4 + index::parts(&organization().name).len()),
                false => done.directory.len(),
            };
            facts.directory.extend(done.directory.keys().map(|place| (*place, self::entry(id(1)))));
            let items = done.created.len() * 3 + done.linked.len() + done.events.len() + entry;
            prop_assert!(items <= room, "{items}");
            all.extend(done.linked.into_iter().map(|(_, one)| (one.id, one)));
            all.extend(done.created.into_iter().map(|one| (one.subscription.id, one.subscription)));
            (order, facts.created_earlier) = (done.order, all.clone());
        }
        prop_assert_eq!(all.len(), 12);
        for (index, line) in lines.iter().enumerate() {
            let id = |index: usize| order.subscriptions[index].subscription_id.unwrap();
            for end in &line.linked_to {
                let LinkEnd::Line(other) = end else { continue };
                prop_assert!(all[&id(index)].linked.contains(&id(*other)));
                prop_assert!(all[&id(*other)].linked.contains(&id(index)));
            }
        }
        let ends: usize = all.values().map(|one| one.linked.len()).sum();
        let wanted: BTreeSet<_> = (0..12)
            .flat_map(|one| lines[one].linked_to.iter().filter_map(move |end| match end {
                LinkEnd::Line(other) => Some((one.min(*other), one.max(*other))),
                LinkEnd::Subscription(_) | LinkEnd::Reference(_) => None,
            }))
            .collect();
        prop_assert_eq!(ends, wanted.len() * 2, "and nothing else is linked");
    }
}
