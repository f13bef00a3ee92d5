//! Order fulfillment: loads what is known about the lines of an order, lets the domain decide about them
//! ([`domain::fulfillment`]), and commits the decision, as many lines at a time as fit one transaction. An interrupted
//! fulfillment is resumed when the store repeats its message, or by the scheduled job.
//!
//! Both ends of a link are written on the condition that they are unchanged since they were read. So no link is made to
//! a subscription that is deactivated concurrently.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{
    AccessIn, BatchGet, BatchResult, ContactHistoryOf, EmailInOrganization, EntitlementReservation,
    OrganizationByExternalId, OrganizationById, PartnerById, PartnerOrganizationLink, ProductById,
    SubscriptionByExternalId, SubscriptionExternalId, SubscriptionOf, is_active, remember_contact,
    remember_contact_again,
};
use api_runtime::{Answer, Change, ConditionFailure, Context, Failure, Output, Reply};
use domain::fulfillment::facts::{Facts, KnownContact, KnownExternalId, link_ends, open_lines};
use domain::fulfillment::faults::{find_faults, place_in_message};
use domain::fulfillment::{CreatedSubscription, Fulfillment, RefusedLine, decide};
use domain::order::{LinkEnd, Reference, SubscriptionLine};
use domain::subscription::ReportedState;
use domain::{
    Email, EntitlementName, Fault, Metadata, Order, OrganizationId, PartnerId, Subscription, SubscriptionId,
    Timestamp,
};

use super::line_names::{identify_ends, identify_products, load_named_organizations, want_products};
use super::sold_lines::MOST_SUBSCRIPTIONS;
use crate::party::require_in_directory;

/// A transaction takes 100 items; some are left for the order, its entry in a queue, its event and the answer.
const ROOM: usize = 95;

/// Number of items that a license type takes: its pool and its event.
const ITEMS_PER_LICENSE_TYPE: usize = 2;

/// Facts about the open lines of an order.
pub struct LoadedLines {
    facts: Facts,
    /// Stored external ids of the lines that have one, by line.
    names: BTreeMap<usize, SubscriptionExternalId>,
}

/// Adds to a batch read what the open lines of an order name.
pub fn want(order: &Order, wanted: &mut BatchGet) {
    want_products(order, wanted);
    for (_, line) in open_lines(order) {
        if let Reference::ExternalId(external_id) = &line.organization {
            wanted.add(&OrganizationByExternalId(None, external_id.clone()));
        }
        if let Some(external_id) = &line.external_id {
            wanted.add(&SubscriptionByExternalId(order.source_id, external_id.clone()));
        }
        for end in line.linked_to.iter().chain(&line.parents).filter_map(LinkEnd::external_id) {
            wanted.add(&SubscriptionByExternalId(order.source_id, end.clone()));
        }
    }
}

/// Loads the remaining facts about the open lines of an order, and completes the lines by what they name; `found` is the
/// result of the read that [`want`] prepared.
pub async fn load(
    context: &Context<'_>,
    order: &mut Order,
    found: &BatchResult,
) -> Result<LoadedLines, Failure> {
    identify_products(order, found)?;
    identify_ends(order, found)?;
    load_facts(context, order, found).await
}

async fn load_facts(
    context: &Context<'_>,
    order: &Order,
    found: &BatchResult,
) -> Result<LoadedLines, Failure> {
    let organization_by_line = load_named_organizations(context, order, found).await?;
    let mut names = BTreeMap::new();
    for (index, line) in open_lines(order) {
        if let Some(external_id) = line.external_id.clone() {
            let name = found.get(&SubscriptionByExternalId(order.source_id, external_id))?;
            names.extend(name.map(|name| (index, name)));
        }
    }
    let mut wanted = BatchGet::new();
    for (index, line) in open_lines(order) {
        product_of(order, index).iter().for_each(|product| wanted.add(product));
        transferee(names.get(&index)).iter().for_each(|partner| wanted.add(&PartnerById(*partner)));
        if let Some(organization) = organization_by_line.get(&index) {
            add_lookups_in_organization(&mut wanted, order, line, *organization);
            for partner in partners_of(order, names.get(&index)) {
                wanted.add(&PartnerOrganizationLink(partner, *organization));
            }
        }
    }
    lookups_of_created(order).for_each(|created_earlier| wanted.add(&created_earlier));
    let read = context.table.fetch(wanted, true).await?;

    let mut facts = Facts::default();
    for created_earlier in lookups_of_created(order) {
        facts.created_earlier.extend(read.get(&created_earlier)?.map(|one| (one.id, one)));
    }
    for (index, line) in open_lines(order) {
        if let Some(product) = product_of(order, index) {
            facts.products.extend(read.get(&product)?.map(|product| (index, product)));
        }
        if let Some(partner) = transferee(names.get(&index)) {
            let found = read.get(&PartnerById(partner))?;
            let deactivated = found.filter(|partner| partner.deactivated_at.is_some());
            facts.deactivated_partners.extend(deactivated.map(|partner| partner.id));
        }
        let Some(organization) = organization_by_line.get(&index).copied() else { continue };
        for partner in partners_of(order, names.get(&index)) {
            let entry = read.get(&PartnerOrganizationLink(partner, organization))?;
            facts.directory.extend(entry.map(|entry| ((partner, organization), entry)));
        }
        if is_customer(order, organization, &read, context.now)? {
            load_in_organization(&mut facts, (index, line), organization, &read)?;
        }
    }
    load_linked_to_ends(context, &mut facts).await?;
    facts.names = names
        .iter()
        .map(|(index, name)| {
            let known =
                KnownExternalId { is_taken: name.subscription_id.is_some(), reported: name.reported.clone() };
            (*index, known)
        })
        .collect();
    Ok(LoadedLines { facts, names })
}

/// Returns the lookup of a line's product, if that is known.
fn product_of(order: &Order, line: usize) -> Option<ProductById> {
    order.subscriptions.get(line)?.product_id.map(ProductById)
}

/// Returns the lookups of the order's existing subscriptions.
fn lookups_of_created(order: &Order) -> impl Iterator<Item = SubscriptionOf> {
    let created_earlier =
        order.subscriptions.iter().filter_map(|one| one.organization_id.zip(one.subscription_id));
    created_earlier.map(|(organization, id)| SubscriptionOf(organization, id))
}

/// Returns the lookups of the subscriptions that existed before the order and that a line is linked to.
fn linked_subscription_lookups(line: &SubscriptionLine, organization: OrganizationId) -> Vec<SubscriptionOf> {
    let existing = link_ends(line).filter_map(|(_, _, end)| end.subscription_id());
    existing.map(|id| SubscriptionOf(organization, id)).collect()
}

/// Returns the partners that may manage a line's subscription: the order's, and the one to which it was transferred before
/// the order arrived.
fn partners_of(order: &Order, name: Option<&SubscriptionExternalId>) -> impl Iterator<Item = PartnerId> {
    order.partner_id.into_iter().chain(transferee(name))
}

/// Returns the partner to which a line's subscription was transferred before the order arrived.
fn transferee(name: Option<&SubscriptionExternalId>) -> Option<PartnerId> {
    name?.reported.transfer.as_ref()?.to.partner_id
}

/// Returns whether the order's partner may buy for an organization: one that is or was in its directory, or that gives it
/// access now. Nobody can attach a partner to an organization of which they know only the id.
fn is_customer(
    order: &Order,
    organization: OrganizationId,
    read: &BatchResult,
    now: Timestamp,
) -> Result<bool, Failure> {
    let Some(partner) = order.partner_id else { return Ok(true) };
    let access = read.get(&AccessIn(organization, partner))?;
    let has_access = access.is_some_and(|access| access.grants.iter().any(|grant| grant.is_active(now)));
    Ok(has_access || read.get(&PartnerOrganizationLink(partner, organization))?.is_some())
}

/// Adds to a batch read what must be known about a line in its organization.
fn add_lookups_in_organization(
    wanted: &mut BatchGet,
    order: &Order,
    line: &SubscriptionLine,
    organization: OrganizationId,
) {
    wanted.add(&OrganizationById(organization));
    order.partner_id.iter().for_each(|partner| wanted.add(&AccessIn(organization, *partner)));
    for contact in &line.contacts {
        wanted.add(&EmailInOrganization(Some(organization), contact.email.clone()));
        wanted.add(&ContactHistoryOf(organization, contact.email.clone()));
    }
    linked_subscription_lookups(line, organization).iter().for_each(|end| wanted.add(end));
}

/// Adds to the facts what was read about a line in its organization, if that exists.
fn load_in_organization(
    facts: &mut Facts,
    (index, line): (usize, &SubscriptionLine),
    organization: OrganizationId,
    read: &BatchResult,
) -> Result<(), Failure> {
    let Some(found) = read.get(&OrganizationById(organization))? else { return Ok(()) };
    facts.organizations.insert(index, found);
    for contact in &line.contacts {
        let record = read.get(&EmailInOrganization(Some(organization), contact.email.clone()))?;
        let history = read.get(&ContactHistoryOf(organization, contact.email.clone()))?;
        let known = KnownContact {
            // A contact who is disabled now must be the same customer when it is enabled.
            customer_id: record.map(|record| record.holder()).transpose()?,
            was_contact: history.as_ref().is_some_and(|history| history.was_contact),
            removed_at: history.and_then(|history| history.removed_at),
        };
        facts.contacts.insert((organization, contact.email.clone()), known);
    }
    for end in linked_subscription_lookups(line, organization) {
        facts.ends.extend(read.get(&end)?.map(|one| (one.id, one)));
    }
    Ok(())
}

/// Adds to the facts which of the subscriptions that the ends of links name are over, because those do not count
/// towards the maximum. Reads them only for an end that may reach it.
async fn load_linked_to_ends(context: &Context<'_>, facts: &mut Facts) -> Result<(), Failure> {
    let has_many =
        |links: &&BTreeSet<SubscriptionId>| links.len() + MOST_SUBSCRIPTIONS > Subscription::MOST_LINKS;
    let mut lookups = Vec::new();
    for end in facts.ends.values().chain(facts.created_earlier.values()) {
        for links in [&end.linked, &end.apps].into_iter().filter(has_many) {
            lookups.extend(links.iter().map(|id| SubscriptionOf(end.organization_id, *id)));
        }
    }
    let mut wanted = BatchGet::new();
    lookups.iter().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    for lookup in lookups {
        match found.get(&lookup)? {
            Some(one) if one.deactivation.is_some() => facts.deactivated.insert(one.id),
            Some(one) if one.is_over(context.now) => facts.over.insert(one.id),
            _ => false,
        };
    }
    Ok(())
}

impl LoadedLines {
    /// Returns every fault of the open lines; `places` holds their indexes in the message.
    pub fn faults(&self, order: &Order, places: &[usize]) -> Vec<Fault> {
        find_faults(order, &self.facts, places)
    }

    /// Decides about as many open lines as fit the change beside this number of license types, adds the decision to the
    /// change, and returns the order in its new state.
    ///
    /// # Errors
    ///
    /// The first line that cannot be fulfilled, while the order can still be refused; `places` holds the lines' indexes
    /// in the message.
    pub fn fulfill(
        &self,
        context: &Context<'_>,
        order: Order,
        change: &mut Change,
        license_types: usize,
        places: &[usize],
    ) -> Result<Order, Failure> {
        let room = ROOM
            .saturating_sub(license_types.saturating_mul(ITEMS_PER_LICENSE_TYPE))
            .saturating_sub(change.items())
            .saturating_sub(self.facts.organization_count())
            .saturating_sub(self.names.values().filter(|name| transferee(Some(name)).is_some()).count());
        let decided = decide(order, &self.facts, room, context.now, || context.id());
        let fulfillment = decided.map_err(|RefusedLine { line, reason }| {
            reason.refuse(&[&"data", &"lines", &place_in_message(places, line)])
        })?;
        self.write(context, fulfillment, change)
    }

    fn write(
        &self,
        context: &Context<'_>,
        fulfillment: Fulfillment,
        change: &mut Change,
    ) -> Result<Order, Failure> {
        let Fulfillment { order, created, linked, first_contacts, directory, events } = fulfillment;
        let organizations: BTreeSet<_> =
            created.iter().map(|created| created.subscription.organization_id).collect();
        for organization in organizations {
            // A concurrent deactivation of the organization either sees the subscription or makes this fail.
            change.require_that(&OrganizationById(organization), is_active(), |_| ConditionFailure::Stale);
        }
        let partners = created.iter().filter_map(|created| created.subscription.buyer().partner_id);
        // The order's own partner is a condition of the order's update.
        let transferees: BTreeSet<_> =
            partners.filter(|partner| Some(*partner) != order.partner_id).collect();
        for partner in transferees {
            change.require_that(&PartnerById(partner), is_active(), |_| ConditionFailure::Stale);
        }
        for CreatedSubscription { line, subscription, entitlement } in &created {
            change.create(subscription)?;
            change.create(entitlement)?;
            let number = EntitlementName::Number(entitlement.number.clone());
            let reservation = EntitlementReservation::of(entitlement, &number);
            // Two ids have the same number once in many millions. The retry uses another id, which has another number.
            change.create_or_retry(&reservation, None)?;
            self.reserve_external_id(context, *line, subscription, change)?;
        }
        for (seen, one) in &linked {
            change.replace(one, *seen, None)?;
        }
        let removed = self.removed_contacts(&created);
        for at in first_contacts.iter().filter(|at| !removed.contains(at)) {
            change.add(remember_contact(at.0, &at.1));
        }
        for at in &removed {
            let is_first = first_contacts.contains(at);
            change.add(remember_contact_again(at.0, &at.1, is_first, context.now));
        }
        for ((partner, organization), origin) in directory {
            let before = self.facts.directory.get(&(partner, organization)).cloned();
            let mut known = self.facts.organizations.values();
            if let Some(organization) = known.find(|known| known.id == organization) {
                require_in_directory(change, (partner, organization), before, origin, context.now)?;
            }
        }
        events.into_iter().for_each(|event| change.record(event));
        Ok(order)
    }

    /// Returns the contacts of new subscriptions who were removed as customers before.
    fn removed_contacts(&self, created: &[CreatedSubscription]) -> BTreeSet<(OrganizationId, Email)> {
        let contacts = created.iter().flat_map(|CreatedSubscription { subscription, .. }| {
            let named = subscription.contacts.iter().filter_map(|contact| contact.email_in_order().cloned());
            named.map(|email| (subscription.organization_id, email))
        });
        let known = &self.facts.contacts;
        contacts.filter(|at| known.get(at).is_some_and(|one| one.removed_at.is_some())).collect()
    }

    /// Stores the external id of a new subscription.
    fn reserve_external_id(
        &self,
        context: &Context<'_>,
        line: usize,
        one: &Subscription,
        change: &mut Change,
    ) -> Result<(), Failure> {
        let Some(external_id) = one.external_id.clone() else { return Ok(()) };
        let before = self.names.get(&line);
        let name = SubscriptionExternalId {
            source_id: one.source_id,
            external_id,
            subscription_id: Some(one.id),
            organization_id: Some(one.organization_id),
            reported: ReportedState::default(),
            metadata: before.map_or(Metadata::new(context.now), |before| before.metadata.next(context.now)),
        };
        match before {
            Some(before) => change.replace(&name, before.metadata.version, None)?,
            None => change.create_or_retry(&name, None)?,
        }
        Ok(())
    }
}

/// Resumes an order until all of its lines are fulfilled. The last lines are committed together with the answer.
pub async fn resume<O: Output>(
    context: &Context<'_>,
    mut order: Order,
    answer: impl Fn(Order) -> Answer<O>,
) -> Result<Reply<O>, Failure> {
    loop {
        // The events of this transaction must be later than those of earlier transactions of the same call.
        let context = &context.refreshed();
        let mut wanted = BatchGet::new();
        want(&order, &mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let loaded = load(context, &mut order, &found).await?;
        let (seen, mut change) = (order.metadata.version, Change::new());
        order.metadata = order.metadata.next(context.now);
        order = loaded.fulfill(context, order, &mut change, 0, &[])?;
        change.replace(&order, seen, None)?;
        if !order.is_being_fulfilled() {
            return context.commit(change, answer(order)).await;
        }
        context.detached().apply(change).await?;
    }
}
