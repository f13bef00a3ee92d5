//! Decides which parts of an organization a caller may see: one rule, used by every route. The vendor's staff and, by
//! their token alone, the organization's contact managers see everything. A partner sees the subscriptions that it
//! manages, their entitlements, and entitlements that belong to no subscription; whether its members see the
//! organization at all is decided in `organization_check.rs`. A customer sees the subscriptions of
//! which it is a contact, and all entitlements. The id of an object that the caller may not see is withheld too, with
//! one exception: an entitlement's own id contains the UUID of its subscription.

use std::collections::BTreeSet;

use api_runtime::table::{
    BatchGet, BatchResult, ContactHistory, ContactHistoryOf, EmailInOrganization, EmailReservation,
    Expression, OrganizationById, SubscriptionOf, SubscriptionsOf, is_contact_since,
};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::actor::ActorKind;
use domain::event::{SubscriptionDeactivated, SubscriptionOrdered};
use domain::service_request::Person;
use domain::subscription::SetUpTarget;
use domain::subscription::closure::Subscriptions;
use domain::{
    Actor, CustomerId, Email, Event, EventKind, Organization, OrganizationId, PartnerId, Problem, Role,
    Subscription, SubscriptionId, TimeZone, Timestamp,
};

use super::organization_check::OrganizationCheck;
use crate::party::visible;

/// The subscriptions of an organization that a caller may see.
#[derive(Debug, Clone)]
pub enum Visibility {
    /// All subscriptions: for the vendor's staff and the organization's contact managers.
    Everything,
    /// The subscriptions that this partner manages.
    ManagedBy(PartnerId),
    /// The subscriptions of which this customer is a contact.
    ContactOf {
        /// E-mail of the customer.
        email: Email,
        /// Id of the customer's record; none if it has no record.
        record: Option<CustomerId>,
        /// Time at which a customer with this e-mail was last removed, or the end of time while it is disabled; none if
        /// neither happened.
        removed_at: Option<Timestamp>,
    },
}

impl Visibility {
    /// Returns the visibility by the kind of caller alone: a partner sees the subscriptions that it manages, everyone
    /// else sees all. Not for customers who are not contact managers: they would see too much.
    pub fn by_caller_kind(actor: &Actor) -> Self {
        match actor.kind {
            ActorKind::Partner { partner, .. } => Self::ManagedBy(partner),
            _ => Self::Everything,
        }
    }

    /// Returns whether the caller may see a subscription.
    pub fn sees(&self, one: &Subscription) -> bool {
        match self {
            Self::Everything => true,
            Self::ManagedBy(partner) => one.buyer().partner_id == Some(*partner),
            Self::ContactOf { email, record, removed_at } => {
                one.contact(email, *record, *removed_at).is_some()
            }
        }
    }

    /// Removes from a subscription the ids of others that the caller may not see. `others` are the subscriptions that
    /// it names.
    pub fn narrow_by(&self, one: Subscription, others: &Subscriptions) -> VisibleSubscription {
        let seen = |id: &SubscriptionId| match self {
            Self::Everything => true,
            _ => *id == one.id || others.get(id).is_some_and(|other| self.sees(other)),
        };
        let cause = one.deactivation.as_ref().map(|deactivation| deactivation.cause).filter(seen);
        let related = [&one.linked, &one.parents, &one.apps];
        let hidden_count = related.into_iter().flatten().filter(|id| !seen(id)).count();
        let [linked, parents, apps] = related.map(|ids| ids.iter().copied().filter(seen).collect());
        let one = Subscription { linked, parents, apps, ..one };
        VisibleSubscription { cause, inherited_site: inherited_site(&one, others), hidden_count, one }
    }

    /// Removes from subscriptions the ids of others that the caller may not see. `others` are the subscriptions that
    /// were read with them. Takes one more round trip, unless all subscriptions named were read; if the caller sees
    /// everything, only the parents whose site an app shows are needed.
    pub async fn narrow(
        &self,
        context: &Context<'_>,
        these: Vec<Subscription>,
        mut others: Subscriptions,
    ) -> Result<Vec<VisibleSubscription>, Failure> {
        others.extend(these.iter().map(|one| (one.id, one.clone())));
        let is_unread = |lookup: &SubscriptionOf| !others.contains_key(&lookup.1);
        let lookups: Vec<_> = these.iter().flat_map(|one| self.related_to(one)).filter(is_unread).collect();
        let mut wanted = BatchGet::new();
        lookups.iter().for_each(|lookup| wanted.add(lookup));
        let found = context.table.fetch(wanted, true).await?;
        for lookup in lookups {
            others.extend(found.get(&lookup)?.map(|one| (one.id, one)));
        }
        Ok(these.into_iter().map(|one| self.narrow_by(one, &others)).collect())
    }

    /// Returns the lookups of the other subscriptions that [`Self::narrow_by`] needs for a subscription: those that it
    /// names or, if the caller sees everything, only the parents whose site an app shows.
    pub fn related_to(&self, one: &Subscription) -> Vec<SubscriptionOf> {
        let ids: BTreeSet<_> = match self {
            Self::Everything if one.set_up_target.is_some() => BTreeSet::new(),
            Self::Everything => one.parents.clone(),
            _ => named_by(one).collect(),
        };
        ids.into_iter().map(|id| SubscriptionOf(one.organization_id, id)).collect()
    }

    /// Returns the lookups of subscriptions that events name as the cause of another one's deactivation; they decide
    /// whether the caller may see the cause. A partner may know that its subscription was deactivated with another one,
    /// but learns the other one's id only if it manages that one, too.
    pub fn causes_of(&self, events: &[Event]) -> Vec<SubscriptionOf> {
        let named = |event: &Event| match event.kind {
            EventKind::SubscriptionDeactivated(SubscriptionDeactivated {
                subscription_id,
                cause: Some(cause),
                ..
            }) => {
                let organization = event.organization_id.filter(|_| cause != subscription_id);
                organization.map(|organization| SubscriptionOf(organization, cause))
            }
            _ => None,
        };
        match self {
            Self::Everything => Vec::new(),
            _ => events.iter().filter_map(named).collect(),
        }
    }

    /// Removes from an event the ids of subscriptions that the caller may not see: a cause that is `hidden`, and all
    /// links of a new subscription unless the caller sees everything; it reads the links with the subscription.
    pub fn narrow_event(&self, mut kind: EventKind, hidden: &BTreeSet<SubscriptionId>) -> EventKind {
        match &mut kind {
            EventKind::SubscriptionDeactivated(SubscriptionDeactivated { cause, .. }) => {
                *cause = cause.filter(|cause| !hidden.contains(cause));
            }
            EventKind::SubscriptionOrdered(SubscriptionOrdered { linked, parents, apps, .. })
                if !matches!(self, Self::Everything) =>
            {
                [linked, parents, apps].into_iter().for_each(Vec::clear);
            }
            _ => {}
        }
        kind
    }
}

/// Returns the ids of the other subscriptions that a subscription names.
pub fn named_by(one: &Subscription) -> impl Iterator<Item = SubscriptionId> {
    let cause = one.deactivation.as_ref().map(|deactivation| deactivation.cause).filter(|id| *id != one.id);
    one.linked.iter().chain(&one.parents).chain(&one.apps).copied().chain(cause)
}

/// Returns the parent whose site an app shows until it is set up itself, and that site: of its parents that are set up
/// and not deactivated, the one with the lowest id.
fn inherited_site(one: &Subscription, others: &Subscriptions) -> Option<(SubscriptionId, SetUpTarget)> {
    if one.set_up_target.is_some() {
        return None;
    }
    let mut parents = one.parents.iter().filter_map(|id| others.get(id));
    parents.find_map(|parent| {
        let alive = parent.deactivation.is_none();
        Some((parent.id, parent.set_up_target.clone().filter(|_| alive)?))
    })
}

/// A subscription reduced to the parts that a caller may see.
pub struct VisibleSubscription {
    /// The subscription, with only the links that the caller may see.
    pub one: Subscription,
    /// Subscription whose deactivation included this one, possibly itself; none if this one was not deactivated, or if
    /// the caller may not see the other one.
    pub cause: Option<SubscriptionId>,
    /// Parent whose site an app shows because it is not set up itself, and that site.
    pub inherited_site: Option<(SubscriptionId, SetUpTarget)>,
    /// Number of linked subscriptions, parents and apps that the caller may not see.
    pub hidden_count: usize,
}

/// Returns whether a reader may see the identity of a person in a service request. Of other partners' members, a
/// partner sees only the primary contact; the organization and the vendor, for whom `reader` is none, see everyone.
pub fn sees_person(reader: Option<PartnerId>, person: &Person, is_primary: bool) -> bool {
    let of = person.partner_id();
    is_primary || reader.is_none() || of.is_none() || of == reader
}

/// A caller who asks about an organization, before the items that decide its visibility are read. They are read
/// together with the requested items.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    actor: &'a Actor,
    organization: OrganizationId,
}

/// A caller whose visibility in an organization is decided.
pub struct ViewerContext<'a> {
    actor: &'a Actor,
    /// The subscriptions that the caller may see.
    pub visibility: Visibility,
    /// E-mail reservation of the caller as a customer of the organization; none if it has no record.
    record: Option<EmailReservation>,
    /// Time at which a customer with the caller's e-mail was last removed, or the end of time while it is disabled.
    removed_at: Option<Timestamp>,
    organization: Organization,
}

impl<'a> Viewer<'a> {
    /// Returns the caller as a viewer of an organization.
    ///
    /// # Errors
    ///
    /// 404 for other organizations' people.
    pub fn of(actor: &'a Actor, organization: OrganizationId) -> Result<Self, Problem> {
        if !actor.has_one_of(&[Role::PartnerMember]) {
            actor.authorize_organization(organization)?;
        }
        Ok(Self { actor, organization })
    }

    fn record(&self) -> Option<(EmailInOrganization, ContactHistoryOf)> {
        let email = self.actor.email.clone().filter(|_| self.actor.has_one_of(&[Role::Customer]))?;
        let contact_history = ContactHistoryOf(self.organization, email.clone());
        Some((EmailInOrganization(Some(self.organization), email), contact_history))
    }

    /// Adds the items that decide the visibility to a batch read.
    pub fn want(&self, wanted: &mut BatchGet) {
        wanted.add(&OrganizationById(self.organization));
        if let Some((record, contact_history)) = self.record() {
            wanted.add(&record);
            wanted.add(&contact_history);
        }
    }

    /// Decides the visibility of subscriptions by the items that were read. A partner sees those that it manages,
    /// whether or not it sees the organization otherwise.
    ///
    /// # Errors
    ///
    /// 404 if the organization does not exist.
    pub fn prove(self, found: &BatchResult) -> Result<ViewerContext<'a>, Failure> {
        let organization = visible(self.actor, found.get(&OrganizationById(self.organization))?)?;
        let (mut record, mut removed_at) = (None, None);
        if let Some((of, contact_history)) = self.record() {
            record = found.get(&of)?;
            removed_at = found.get(&contact_history)?.as_ref().and_then(ContactHistory::gone_until);
        }
        let customer = record.as_ref().map(EmailReservation::person).transpose()?.flatten();
        let visibility = match (self.actor.kind, self.actor.email.clone()) {
            (ActorKind::Partner { partner, .. }, _) => Visibility::ManagedBy(partner),
            (ActorKind::Customer { manager: false, .. }, Some(email)) => {
                Visibility::ContactOf { email, record: customer, removed_at }
            }
            _ => Visibility::Everything,
        };
        Ok(ViewerContext { actor: self.actor, visibility, record, removed_at, organization })
    }

    /// Reads the items that decide the visibility, and decides it; for routes that list what the caller sees of the
    /// organization, which may be nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::prove`]; 404 also if a partner's member does not see the organization.
    pub async fn read(self, context: &Context<'_>) -> Result<ViewerContext<'a>, Failure> {
        let check = OrganizationCheck::of(self.actor, self.organization)?;
        let mut wanted = BatchGet::new();
        self.want(&mut wanted);
        check.iter().for_each(|check| check.want(&mut wanted));
        let found = context.table.fetch(wanted, true).await?;
        if let Some(check) = check {
            check.require(context, &found).await?;
        }
        self.prove(&found)
    }

    /// Reads all subscriptions of the organization, the items that decide the visibility and those that `also` adds,
    /// concurrently, and decides the visibility; for routes that list the subscriptions or what depends on them.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub async fn read_with_subscriptions(
        self,
        context: &Context<'_>,
        also: impl Fn(&mut BatchGet),
    ) -> Result<(ViewerContext<'a>, Subscriptions, BatchResult), Failure> {
        let check = OrganizationCheck::of(self.actor, self.organization)?;
        let mut wanted = BatchGet::new();
        self.want(&mut wanted);
        check.iter().for_each(|check| check.want(&mut wanted));
        also(&mut wanted);
        let all = SubscriptionsOf(self.organization);
        let (found, all) =
            tokio::try_join!(context.table.fetch(wanted, true), context.table.list(&all, true))?;
        if let Some(check) = check {
            check.require_by(context, &found, &all)?;
        }
        let viewer = self.prove(&found)?;
        Ok((viewer, all.into_iter().map(|one| (one.id, one)).collect(), found))
    }
}

impl ViewerContext<'_> {
    /// The caller.
    pub fn actor(&self) -> &Actor {
        self.actor
    }

    /// Time zone in which the organization's days are counted; UTC if it has none.
    pub fn time_zone(&self) -> TimeZone {
        self.organization.effective_time_zone()
    }

    /// Returns whether the caller may see a subscription.
    pub fn sees(&self, one: &Subscription) -> bool {
        self.visibility.sees(one)
    }

    /// Returns whether the caller is an operator or a contact of a subscription, by the items that were read.
    pub fn is_operator_or_contact(&self, one: &Subscription) -> bool {
        let email = self.actor.email.as_ref().filter(|_| self.actor.has_one_of(&[Role::Customer]));
        let customer = self.record.as_ref().and_then(|record| record.person().ok().flatten());
        let is_contact = |email| one.contact(email, customer, self.removed_at).is_some();
        self.actor.has_one_of(&[Role::Operator]) || email.is_some_and(is_contact)
    }

    /// Requires at commit that the caller may act on each of these subscriptions: operators and, if `manager` is true,
    /// the organization's contact managers may act on all of them, other customers on those of which they are contacts.
    /// Returns the number of subscriptions on which the caller may not act; unless it is 0, no condition is added.
    pub fn require_authority_over<'b>(
        &self,
        change: &mut Change,
        these: impl Iterator<Item = &'b Subscription>,
        manager: bool,
    ) -> usize {
        if self.actor.has_one_of(&[Role::Operator]) {
            return 0;
        }
        let email = self.actor.email.as_ref().filter(|_| self.actor.has_one_of(&[Role::Customer]));
        let Some(email) = email else { return these.count() };
        let record = EmailInOrganization(Some(self.organization.id), email.clone());
        let manages = self.record.as_ref().is_some_and(EmailReservation::is_manager);
        if manager && manages && self.actor.has_one_of(&[Role::ContactManager]) {
            let still = Expression::new("#manager = :yes").bool("yes", true);
            change.require_that(&record, still, |_| ConditionFailure::NotFound);
            return 0;
        }
        let customer = self.record.as_ref().and_then(|record| record.person().ok().flatten());
        let removed_at = match &self.visibility {
            Visibility::ContactOf { removed_at, .. } => *removed_at,
            _ => None,
        };
        let (mut others, mut on_record, mut since) = (0, false, None::<Timestamp>);
        for one in these {
            match one.contact(email, customer, removed_at) {
                Some(contact) => {
                    on_record |= contact.customer_id().is_some();
                    since = Some(since.map_or(contact.since, |since| since.min(contact.since)));
                }
                None => others += 1,
            }
        }
        if others > 0 {
            return others;
        }
        if let Some(customer) = customer.filter(|_| on_record) {
            change.require_owner(&record, customer, || ConditionFailure::NotFound);
        }
        if let Some(since) = since {
            let contact_history = ContactHistoryOf(self.organization.id, email.clone());
            change.require_that(&contact_history, is_contact_since(since), |_| ConditionFailure::NotFound);
        }
        0
    }
}
