//! The subscriptions of an order: made as many at a time as fit one transaction, in the order of their lines. What is cut
//! off goes on when the store repeats its message, or by the timer.
//!
//! A link is known at both ends, and is made with whichever comes later. Who makes it writes both, on the condition that
//! they are as they were read; so nothing is linked to what goes down at the same moment.

use domain::event::{
    OrderLineIgnored, SubscriptionCancelled, SubscriptionOrdered, SubscriptionRenewed,
    SubscriptionUsageReported,
};
use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{
    CustomerLinkOfPartner, EmailInOrganization, EntitlementReservation, Found, OrganizationByExternalId,
    OrganizationById, ProductByCode, ProductById, SubscriptionName, SubscriptionNamed, SubscriptionOf,
    Wanted, WelcomeOf, remember_contact,
};
use api_runtime::{Answer, Change, ConditionFailure, Context, Failure, Output, Reply};
use domain::order::{LineContact, LinkEnd, Named, OrderedSubscription, SubscriptionLine};
use domain::subscription::closure::Subscriptions;
use domain::subscription::{Buyer, Heard, SubscriptionContact};
use domain::{
    CustomerId, Email, Entitlement, EntitlementName, Fault, NewEvent, Order, Organization, OrganizationId,
    PartnerId, Product, ProductId, Reason, Stamp, Subscription, SubscriptionId, Timestamp, Version,
};

use crate::party::add_customer;

/// A line names a product that is not there.
pub const UNKNOWN_PRODUCT: Reason = Reason::rule("unknown-product", "there is no product of this code");
/// A line names an archived product.
pub const ARCHIVED_PRODUCT: Reason =
    Reason::rule("archived-product", "the product is archived: nothing new of it is sold");
/// A line names an organization that is not there for this partner.
pub const UNKNOWN_ORGANIZATION: Reason = Reason::rule(
    "unknown-organization",
    "there is no such organization, or it is no customer of the partner",
);
/// A line names a subscription that is not there.
pub const UNKNOWN_SUBSCRIPTION: Reason = Reason::rule(
    "unknown-subscription",
    "there is no such subscription of this source, organization and partner",
);
/// A line is linked to too many others.
pub const TOO_MANY_LINKS: Reason =
    Reason::rule("too-many-links", "a subscription has at most 100 links, 100 parents and 100 apps");
/// Another subscription has an external id.
pub const EXTERNAL_ID_TAKEN: Reason = Reason::rule(
    "subscription-external-id-taken",
    "another subscription of this source has this external id",
);
/// A line is linked to what was deactivated.
pub const LINKED_TO_DEACTIVATED: Reason = Reason::rule(
    "subscription-deactivated",
    "it is linked to a subscription that was deactivated, for good: contact the vendor",
);
/// A line is linked to another one that came to nothing.
pub const LINKED_TO_NOTHING: Reason =
    Reason::rule("linked-to-nothing", "it is linked to a line that came to nothing");
/// A line is linked to one of another organization.
pub const OTHER_ORGANIZATION: Reason =
    Reason::rule("other-organization", "links stay within one organization");
/// A line has another product or kind than the one that it changes.
pub const LINES_DIFFER: Reason = Reason::rule(
    "lines-differ",
    "a change names the subscriptions of its order in the same order, with the same kinds, products and external ids",
);

/// A transaction takes 100 items; some are left for the order, its place in a queue, its event and the answer.
const ROOM: usize = 95;

/// What a license type takes: its pool and its event.
const EACH_TYPE: usize = 2;

/// What is known of the lines of an order that are still to be made.
#[derive(Default)]
pub struct Placing {
    products: BTreeMap<usize, Product>,
    organizations: BTreeMap<usize, OrganizationId>,
    names: BTreeMap<usize, Option<SubscriptionName>>,
    there: Subscriptions,
    /// Of what was transferred before it was ordered, for the directory of who has it now.
    profiles: BTreeMap<OrganizationId, Organization>,
    records: BTreeMap<(OrganizationId, Email), CustomerId>,
    welcomed: BTreeSet<(OrganizationId, Email)>,
    /// When somebody of an e-mail was removed as a customer last.
    removed: BTreeMap<(OrganizationId, Email), Timestamp>,
    /// Where the lines are in the message.
    at: Vec<usize>,
    /// What is wrong with them.
    pub faults: Vec<Fault>,
}

/// The lines of which nothing is there yet.
fn open(order: &Order) -> impl Iterator<Item = (usize, &SubscriptionLine)> {
    let lines = order.subscriptions.iter().enumerate();
    lines.filter(|(_, one)| one.is_open()).map(|(index, one)| (index, &one.line))
}

/// Whether an order can be refused still: nothing of it is there, and its store was not told that it waits.
fn is_new(order: &Order) -> bool {
    order.parking.is_none() && order.subscriptions.iter().all(OrderedSubscription::is_open)
}

/// Whether an order may be linked to a subscription that was there before it: one of the same store that the order's own
/// partner manages, or no partner. A link takes one down with the other, so it must not reach what another partner sold.
fn may_link(order: &Order, other: &Subscription) -> bool {
    let of = other.buyer().partner_id;
    other.source_id == order.source_id && (of.is_none() || of == order.partner_id)
}

fn ends(line: &SubscriptionLine) -> impl Iterator<Item = (&'static str, usize, LinkEnd)> {
    let of = |name: &'static str, ends: &[LinkEnd]| {
        ends.iter().copied().enumerate().map(move |(place, end)| (name, place, end)).collect::<Vec<_>>()
    };
    of("linkedTo", &line.linked_to).into_iter().chain(of("parents", &line.parents))
}

/// Which organization each line names: what the vendor does not call so, the partner may.
async fn named(
    context: &Context<'_>,
    order: &Order,
    found: &Found,
) -> Result<BTreeMap<usize, OrganizationId>, Failure> {
    let (mut named, mut of_partner) = (BTreeMap::new(), BTreeMap::new());
    for (index, line) in open(order) {
        match &line.organization {
            Named::Id(id) => {
                named.insert(index, *id);
            }
            Named::ExternalId(external_id) => {
                match found.get(&OrganizationByExternalId(None, external_id.clone()))? {
                    Some(known) => {
                        named.insert(index, known.owner_id()?);
                    }
                    None if order.partner_id.is_some() => {
                        let lookup = OrganizationByExternalId(order.partner_id, external_id.clone());
                        of_partner.insert(index, lookup);
                    }
                    None => {}
                }
            }
        }
    }
    let mut wanted = Wanted::new();
    of_partner.values().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    for (index, lookup) in of_partner {
        if let Some(known) = found.get(&lookup)? {
            named.insert(index, known.owner_id()?);
        }
    }
    Ok(named)
}

/// Wants read what a line needs to be known of its organization.
fn want_of(
    wanted: &mut Wanted,
    order: &Order,
    line: &SubscriptionLine,
    organization: OrganizationId,
    found: &Found,
) -> Result<(), Failure> {
    let name = line.external_id.clone().map(|name| SubscriptionNamed(order.source_id, name));
    let name = name.map(|name| found.get(&name)).transpose()?.flatten();
    if order.partner_id.is_none() || name.is_some_and(|name| name.heard.transfer.is_some()) {
        wanted.add(&OrganizationById(organization));
    }
    order.partner_id.iter().for_each(|partner| wanted.add(&CustomerLinkOfPartner(*partner, organization)));
    for contact in &line.contacts {
        wanted.add(&EmailInOrganization(Some(organization), contact.email.clone()));
        wanted.add(&WelcomeOf(organization, contact.email.clone()));
    }
    for (_, _, end) in ends(line) {
        if let LinkEnd::Subscription(id) = end {
            wanted.add(&SubscriptionOf(organization, id));
        }
    }
    Ok(())
}

impl Placing {
    /// Wants read what the lines name.
    pub fn want(order: &Order, wanted: &mut Wanted) {
        for (_, line) in open(order) {
            wanted.add(&ProductByCode(line.sku.clone()));
            if let Named::ExternalId(external_id) = &line.organization {
                wanted.add(&OrganizationByExternalId(None, external_id.clone()));
            }
            if let Some(external_id) = &line.external_id {
                wanted.add(&SubscriptionNamed(order.source_id, external_id.clone()));
            }
        }
    }

    /// A fault for each line whose product is not sold, by what was read. `at` says where the lines are in the message.
    pub fn unknown_products(order: &Order, found: &Found, at: &[usize]) -> Result<Vec<Fault>, Failure> {
        let mut faults = Vec::new();
        for (index, line) in open(order) {
            if found.get(&ProductByCode(line.sku.clone()))?.is_none() {
                faults.push(UNKNOWN_PRODUCT.at(&[&"data", &"lines", &place(at, index), &"sku"]));
            }
        }
        Ok(faults)
    }

    /// Reads what else must be known, and finds what is wrong. `at` says where the lines are in the message.
    pub async fn read(
        context: &Context<'_>,
        order: &Order,
        found: &Found,
        at: &[usize],
    ) -> Result<Self, Failure> {
        let named = named(context, order, found).await?;
        let mut wanted = Wanted::new();
        for (index, line) in open(order) {
            if let Some(product) = found.get(&ProductByCode(line.sku.clone()))? {
                wanted.add(&ProductById(product.owner_id()?));
            }
            if let Some(organization) = named.get(&index) {
                want_of(&mut wanted, order, line, *organization, found)?;
            }
        }
        let made =
            || order.subscriptions.iter().filter_map(|one| one.organization_id.zip(one.subscription_id));
        made().for_each(|(organization, id)| wanted.add(&SubscriptionOf(organization, id)));
        let read = context.table.fetch(wanted, true).await?;

        let mut placing = Self { at: at.to_vec(), ..Self::default() };
        for (organization, id) in made() {
            placing.there.extend(read.get(&SubscriptionOf(organization, id))?.map(|one| (id, one)));
        }
        for (index, line) in open(order) {
            placing.know_product(order, (index, line), found, &read)?;
            placing.know_name(order, (index, line), found)?;
            let Some(organization) = placing.know_organization(order, index, named.get(&index), &read)?
            else {
                continue;
            };
            placing.know_contacts(line, organization, &read)?;
            placing.know_ends(order, (index, line), organization, &read)?;
        }
        placing.judge_links(order);
        Ok(placing)
    }

    fn blame(&mut self, reason: &Reason, index: usize, steps: &[&dyn std::fmt::Display]) {
        let index = place(&self.at, index);
        let mut all: Vec<&dyn std::fmt::Display> = vec![&"data", &"lines", &index];
        all.extend(steps);
        self.faults.push(reason.at(&all));
    }

    fn know_product(
        &mut self,
        order: &Order,
        (index, line): (usize, &SubscriptionLine),
        found: &Found,
        read: &Found,
    ) -> Result<(), Failure> {
        let product = match found.get(&ProductByCode(line.sku.clone()))? {
            Some(code) => read.get(&ProductById(code.owner_id()?))?,
            None => None,
        };
        match product {
            // Once it is begun an order is made to its end.
            Some(product) if product.archived_at.is_none() || !is_new(order) => {
                self.products.insert(index, product);
            }
            Some(_) => self.blame(&ARCHIVED_PRODUCT, index, &[&"sku"]),
            None => self.blame(&UNKNOWN_PRODUCT, index, &[&"sku"]),
        }
        Ok(())
    }

    fn know_name(
        &mut self,
        order: &Order,
        (index, line): (usize, &SubscriptionLine),
        found: &Found,
    ) -> Result<(), Failure> {
        let Some(external_id) = line.external_id.clone() else { return Ok(()) };
        let name = found.get(&SubscriptionNamed(order.source_id, external_id))?;
        if name.as_ref().is_some_and(|name| name.subscription_id.is_some()) {
            self.blame(&EXTERNAL_ID_TAKEN, index, &[&"externalId"]);
        }
        self.names.insert(index, name);
        Ok(())
    }

    /// A line's organization, if it is there for this partner.
    fn know_organization(
        &mut self,
        order: &Order,
        index: usize,
        named: Option<&OrganizationId>,
        read: &Found,
    ) -> Result<Option<OrganizationId>, Failure> {
        let Some(organization) = named.copied() else {
            self.blame(&UNKNOWN_ORGANIZATION, index, &[&"organization"]);
            return Ok(None);
        };
        let profile = read.get(&OrganizationById(organization))?;
        let is_there = match order.partner_id {
            Some(partner) => read.get(&CustomerLinkOfPartner(partner, organization))?.is_some(),
            None => profile.is_some(),
        };
        if !is_there {
            self.blame(&UNKNOWN_ORGANIZATION, index, &[&"organization"]);
            return Ok(None);
        }
        self.organizations.insert(index, organization);
        self.profiles.extend(profile.map(|profile| (organization, profile)));
        Ok(Some(organization))
    }

    fn know_contacts(
        &mut self,
        line: &SubscriptionLine,
        organization: OrganizationId,
        read: &Found,
    ) -> Result<(), Failure> {
        for contact in &line.contacts {
            let key = (organization, contact.email.clone());
            if let Some(record) = read.get(&EmailInOrganization(Some(organization), contact.email.clone()))? {
                self.records.insert(key.clone(), record.owner_id()?);
            }
            let known = read.get(&WelcomeOf(organization, contact.email.clone()))?;
            if let Some(removed_at) = known.as_ref().and_then(|known| known.removed_at) {
                self.removed.insert(key.clone(), removed_at);
            }
            if known.is_some_and(|known| known.welcomed) {
                self.welcomed.insert(key);
            }
        }
        Ok(())
    }

    /// The other ends of a line's links, as far as they were there before the order.
    fn know_ends(
        &mut self,
        order: &Order,
        (index, line): (usize, &SubscriptionLine),
        organization: OrganizationId,
        read: &Found,
    ) -> Result<(), Failure> {
        for (name, place, end) in ends(line) {
            let LinkEnd::Subscription(id) = end else { continue };
            let other = read.get(&SubscriptionOf(organization, id))?;
            match other.filter(|other| may_link(order, other)) {
                None if is_new(order) => self.blame(&UNKNOWN_SUBSCRIPTION, index, &[&name, &place]),
                // The store was already told that the order waits: the line is cancelled instead of the order refused.
                None => {}
                Some(other) if other.deactivation.is_some() && is_new(order) => {
                    self.blame(&LINKED_TO_DEACTIVATED, index, &[&name, &place]);
                }
                Some(other) => {
                    self.there.insert(id, other);
                }
            }
        }
        Ok(())
    }

    /// Whether a line names only subscriptions to which it may be linked.
    fn knows_ends(&self, line: &SubscriptionLine) -> bool {
        ends(line).all(|(_, _, end)| match end {
            LinkEnd::Subscription(id) => self.there.contains_key(&id),
            LinkEnd::Line(_) => true,
        })
    }

    /// Finds links that are too many, or lead into another organization.
    fn judge_links(&mut self, order: &Order) {
        let mut counts: BTreeMap<(&str, SubscriptionId), usize> = BTreeMap::new();
        for (index, line) in open(order) {
            for (name, place, end) in ends(line) {
                match end {
                    LinkEnd::Subscription(id) => {
                        let Some(other) = self.there.get(&id) else { continue };
                        let before = if name == "parents" { other.apps.len() } else { other.linked.len() };
                        let count = counts.entry((name, id)).or_insert(before);
                        *count += 1;
                        if *count > Subscription::MOST_LINKS && is_new(order) {
                            self.blame(&TOO_MANY_LINKS, index, &[&name, &place]);
                        }
                    }
                    LinkEnd::Line(other) => {
                        let (one, other) = (self.organizations.get(&index), self.organizations.get(&other));
                        if one.zip(other).is_some_and(|(one, other)| one != other) {
                            self.blame(&OTHER_ORGANIZATION, index, &[&name, &place]);
                        }
                    }
                }
            }
        }
    }

    /// Adds to a change as many of the lines as fit it, beside so many license types, and notes in the order what becomes of
    /// them.
    ///
    /// # Errors
    ///
    /// What stands against one of them, if nothing of the order is there yet; later such a line comes to nothing.
    pub fn place(
        mut self,
        context: &Context<'_>,
        order: &mut Order,
        change: &mut Change,
        license_types: usize,
    ) -> Result<(), Failure> {
        let room = ROOM.saturating_sub(license_types.saturating_mul(EACH_TYPE));
        let seen: BTreeMap<SubscriptionId, Version> =
            self.there.iter().map(|(id, one)| (*id, one.stamp.version)).collect();
        let first = is_new(order);
        let (mut made, mut touched, mut events) = (Vec::new(), BTreeSet::new(), Vec::new());
        let mut linked = BTreeSet::new();
        for index in 0..order.subscriptions.len() {
            let Some(one) = order.subscriptions.get(index).filter(|one| one.is_open()) else { continue };
            let line = one.line.clone();
            let pending = made.len() * 2 + touched.len() + events.len();
            if change.items() + pending + 1 > room {
                break;
            }
            let links = self.links_of(order, index, &line);
            let (product, organization, links) = match self.judge(order, index, &line, links) {
                Ok(good) => good,
                Err(reason) if first => {
                    return Err(reason.refuse(&[&"data", &"lines", &place(&self.at, index)]).into());
                }
                Err(reason) => {
                    events.push(ignored(order, index, &reason));
                    continue;
                }
            };
            let subscription = self.subscribe(context, order, (index, &line), (product, organization));
            let welcomed = self.not_welcomed_yet(&subscription);
            let newly: BTreeSet<_> = links
                .iter()
                .map(|link| link.other)
                .filter(|other| seen.contains_key(other) && !touched.contains(other))
                .collect();
            // Itself, its entitlement, the reservations of both, and its order's event; its contacts and the other ends of its
            // links; what was said before, at most.
            let heard = if subscription.heard.is_silent() { 0 } else { 7 };
            let cancelled = usize::from(order.cancelled_at.is_some());
            let needed = 5 + welcomed.len() + newly.len() + heard + cancelled;
            if change.items() + pending + needed > room {
                break;
            }
            touched.extend(newly);

            let subscription = self.link(subscription, links);
            for email in &welcomed {
                change.add(remember_contact(organization, email));
                self.welcomed.insert((organization, email.clone()));
            }
            let entitlement = subscription.entitle();
            self.reserve(context, change, index, &subscription, &entitlement)?;
            let ordered = SubscriptionOrdered {
                subscription_id: subscription.id,
                sku: line.sku,
                quantity: line.quantity,
                source_id: order.source_id,
                order_id: order.order_id.clone(),
                entitlement_id: entitlement.id,
                contacts: subscription.contacts.iter().map(|contact| contact.email.clone()).collect(),
                welcomed,
            };
            events.push(NewEvent { partner_id: order.partner_id, ..subscription.event(ordered) });
            self.tell_what_was_heard(context, change, order, &subscription, &mut events, &mut linked)?;
            if let Some(one) = order.subscriptions.get_mut(index) {
                (one.subscription_id, one.organization_id) = (Some(subscription.id), Some(organization));
            }
            made.push((subscription.id, entitlement));
            self.there.insert(subscription.id, subscription);
        }
        for (id, entitlement) in made {
            if let Some(subscription) = self.there.get(&id) {
                change.create(subscription)?;
                change.create(&entitlement)?;
            }
        }
        for id in touched {
            if let Some((one, seen)) = self.there.get(&id).zip(seen.get(&id)) {
                let one = Subscription { stamp: one.stamp.next(context.now), ..one.clone() };
                change.replace(&one, *seen, None)?;
            }
        }
        events.into_iter().for_each(|event| change.record(event));
        Ok(())
    }

    /// The subscription of a line, not linked to anything yet.
    fn subscribe(
        &self,
        context: &Context<'_>,
        order: &Order,
        line: (usize, &SubscriptionLine),
        (product_id, organization_id): (ProductId, OrganizationId),
    ) -> Subscription {
        let (index, line) = line;
        let since = came_at(order);
        let mut contacts: Vec<SubscriptionContact> = Vec::new();
        for LineContact { email, name } in &line.contacts {
            let key = (organization_id, email.clone());
            // Who was removed while the order waited is not whom it names now.
            let removed = self.removed.get(&key).is_some_and(|removed| *removed >= since);
            if !removed && contacts.iter().all(|known| known.email != *email) {
                let customer_id = self.records.get(&key).copied();
                let (email, name) = (email.clone(), name.clone());
                contacts.push(SubscriptionContact { email, name, since, customer_id });
            }
        }
        let name = self.names.get(&index).and_then(Option::as_ref);
        Subscription {
            id: context.id(),
            organization_id,
            kind: line.kind,
            product_id,
            sku: line.sku.clone(),
            plan: line.plan.clone(),
            quantity: line.quantity,
            starts_at: line.starts_at,
            term: line.term,
            linked: BTreeSet::new(),
            parents: BTreeSet::new(),
            apps: BTreeSet::new(),
            contacts,
            place: None,
            placed_at: None,
            source_id: order.source_id,
            order_id: order.order_id.clone(),
            external_id: line.external_id.clone(),
            buyer: Buyer { partner_id: order.partner_id, billing_account: order.billing_account.clone() },
            cancelled_at: order.cancelled_at,
            heard: name.map_or_else(Heard::default, |name| name.heard.clone()),
            deactivation: None,
            stamp: Stamp::new(context.now),
        }
    }

    /// The contacts of a subscription who are none of the organization's yet.
    fn not_welcomed_yet(&self, one: &Subscription) -> Vec<Email> {
        let emails = one.contacts.iter().map(|contact| contact.email.clone());
        emails.filter(|email| !self.welcomed.contains(&(one.organization_id, email.clone()))).collect()
    }

    /// It with its links, which their other ends know from now on, too.
    fn link(&mut self, mut one: Subscription, links: Vec<Link>) -> Subscription {
        for Link { other, end } in links {
            let Some(other_end) = self.there.get_mut(&other) else { continue };
            let (here, there) = match end {
                End::Linked => (&mut one.linked, &mut other_end.linked),
                End::Parent => (&mut one.parents, &mut other_end.apps),
                End::App => (&mut one.apps, &mut other_end.parents),
            };
            here.insert(other);
            there.insert(one.id);
        }
        one
    }

    /// Gives a subscription its source's name, and its entitlement a number.
    fn reserve(
        &self,
        context: &Context<'_>,
        change: &mut Change,
        index: usize,
        one: &Subscription,
        entitlement: &Entitlement,
    ) -> Result<(), Failure> {
        let number = EntitlementName::Number(entitlement.number.clone());
        // Once in many millions an id has the number of another one; the next id has not.
        change.create_once(&EntitlementReservation::of(entitlement, &number), |_| ConditionFailure::Stale)?;
        let Some(external_id) = one.external_id.clone() else { return Ok(()) };
        let before = self.names.get(&index).and_then(Option::as_ref);
        let name = SubscriptionName {
            source_id: one.source_id,
            external_id,
            subscription_id: Some(one.id),
            organization_id: Some(one.organization_id),
            heard: Heard::default(),
            stamp: before.map_or(Stamp::new(context.now), |before| before.stamp.next(context.now)),
        };
        match before {
            Some(before) => change.replace(&name, before.stamp.version, None)?,
            None => change.create_once(&name, |_| ConditionFailure::Stale)?,
        }
        Ok(())
    }

    /// The links of a line to what is there, or made before it, whichever of the two names the other.
    fn links_of(&self, order: &Order, index: usize, line: &SubscriptionLine) -> Vec<Link> {
        let made = |end: LinkEnd| match end {
            LinkEnd::Subscription(id) => Some(id),
            LinkEnd::Line(other) => order.subscriptions.get(other).and_then(|other| other.subscription_id),
        };
        let mut links: BTreeSet<Link> = BTreeSet::new();
        links.extend(
            line.linked_to.iter().filter_map(|end| made(*end)).map(|other| Link { other, end: End::Linked }),
        );
        links.extend(
            line.parents.iter().filter_map(|end| made(*end)).map(|other| Link { other, end: End::Parent }),
        );
        for one in &order.subscriptions {
            let Some(other) = one.subscription_id else { continue };
            if one.line.linked_to.contains(&LinkEnd::Line(index)) {
                links.insert(Link { other, end: End::Linked });
            }
            if one.line.parents.contains(&LinkEnd::Line(index)) {
                links.insert(Link { other, end: End::App });
            }
        }
        links.into_iter().filter(|link| self.there.contains_key(&link.other)).collect()
    }

    /// What stands against a line.
    fn judge(
        &self,
        order: &Order,
        index: usize,
        line: &SubscriptionLine,
        links: Vec<Link>,
    ) -> Result<(ProductId, OrganizationId, Vec<Link>), Reason> {
        let product = self.products.get(&index).ok_or(UNKNOWN_PRODUCT)?;
        let organization = self.organizations.get(&index).ok_or(UNKNOWN_ORGANIZATION)?;
        if self.names.get(&index).cloned().flatten().is_some_and(|name| name.subscription_id.is_some()) {
            return Err(EXTERNAL_ID_TAKEN);
        }
        // What it names may have been transferred since the order was begun.
        if !self.knows_ends(line) {
            return Err(UNKNOWN_SUBSCRIPTION);
        }
        let down = |id: SubscriptionId| self.there.get(&id).is_some_and(|one| one.deactivation.is_some());
        let came_to_nothing = |end: LinkEnd| match end {
            LinkEnd::Line(other) => {
                order.subscriptions.get(other).is_some_and(|other| other.ignored.is_some())
            }
            LinkEnd::Subscription(_) => false,
        };
        if links.iter().any(|link| down(link.other)) {
            return Err(LINKED_TO_DEACTIVATED);
        }
        // Those made by an earlier transaction of it may have been found elsewhere, by the same name.
        let of = |id: SubscriptionId| self.there.get(&id).map(|one| one.organization_id);
        if links.iter().any(|link| of(link.other) != Some(*organization)) {
            return Err(OTHER_ORGANIZATION);
        }
        if ends(line).any(|(_, _, end)| came_to_nothing(end)) {
            return Err(LINKED_TO_NOTHING);
        }
        let is_full = |Link { other, end }: &Link| {
            let full = |one: &Subscription| match end {
                End::Linked => one.linked.len(),
                End::Parent => one.apps.len(),
                End::App => one.parents.len(),
            };
            self.there.get(other).is_some_and(|one| full(one) >= Subscription::MOST_LINKS)
        };
        match links.iter().any(is_full) {
            true => Err(TOO_MANY_LINKS),
            false => Ok((product.id, *organization, links)),
        }
    }

    /// What was said of a subscription before it was ordered takes effect with it.
    fn tell_what_was_heard(
        &self,
        context: &Context<'_>,
        change: &mut Change,
        order: &Order,
        subscription: &Subscription,
        events: &mut Vec<NewEvent>,
        linked: &mut BTreeSet<(PartnerId, OrganizationId)>,
    ) -> Result<(), Failure> {
        let subscription_id = subscription.id;
        if let Some(transfer) = &subscription.heard.transfer {
            let organization = self.profiles.get(&subscription.organization_id);
            if let Some((partner, organization)) = transfer.to.partner_id.zip(organization)
                && linked.insert((partner, organization.id))
            {
                add_customer(change, partner, organization, context.now)?;
            }
        }
        if subscription.heard.renewal.is_some() {
            events.push(
                subscription.event(SubscriptionRenewed { subscription_id, ends_at: subscription.ends_at() }),
            );
        }
        if let Some(usage) = &subscription.heard.usage {
            events.push(
                subscription
                    .event(SubscriptionUsageReported { subscription_id, active_users: usage.active_users }),
            );
        }
        if subscription.ended_at().is_some() {
            let (source_id, order_id) = (order.source_id, order.order_id.clone());
            events.push(subscription.event(SubscriptionCancelled { subscription_id, source_id, order_id }));
        }
        events.extend(subscription.transferred_from(&subscription.buyer));
        Ok(())
    }
}

/// When an order came itself, for all that was said of it before: its place in a queue was given then, if it waited.
fn came_at(order: &Order) -> Timestamp {
    order.parking.as_ref().map_or(order.stamp.updated_at, |parking| parking.id.given_at())
}

/// Notes that a line comes to nothing.
fn ignored(order: &mut Order, line: usize, reason: &Reason) -> NewEvent {
    let reason = reason.about.to_owned();
    if let Some(one) = order.subscriptions.get_mut(line) {
        one.ignored = Some(reason.clone());
    }
    let (source_id, order_id) = (order.source_id, order.order_id.clone());
    let kind = OrderLineIgnored { source_id, order_id, line, reason };
    match order.partner_id {
        Some(partner) => NewEvent::of_partner(kind, partner),
        None => NewEvent::of_vendor(kind),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    other: SubscriptionId,
    end: End,
}

/// What the other end of a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Linked,
    Parent,
    App,
}

fn place(at: &[usize], index: usize) -> usize {
    at.get(index).copied().unwrap_or(index)
}

/// Goes on with an order until all of its subscriptions are there; the last of them come with the answer.
pub async fn go_on<O: Output>(
    context: &Context<'_>,
    mut order: Order,
    answer: impl Fn(Order) -> Answer<O>,
) -> Result<Reply<O>, Failure> {
    loop {
        // What comes after other transactions of this call has a time after theirs.
        let context = &context.refreshed();
        let mut wanted = Wanted::new();
        Placing::want(&order, &mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let placing = Placing::read(context, &order, &found, &[]).await?;
        let (seen, mut change) = (order.stamp.version, Change::new());
        order.stamp = order.stamp.next(context.now);
        placing.place(context, &mut order, &mut change, 0)?;
        change.replace(&order, seen, None)?;
        if !order.is_placing() {
            return context.commit(change, answer(order)).await;
        }
        context.detached().commit(change, answer(order.clone())).await?;
    }
}
