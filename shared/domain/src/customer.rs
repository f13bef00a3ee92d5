//! Customers: people who belong to an organization, or to none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Role};
use crate::event::{EventKind, NewEvent};
use crate::id::{CustomerId, OrganizationId, PartnerId};
use crate::language::Language;
use crate::party::Metadata;
use crate::text::{Email, ExternalId, Name};
use crate::time::{TimeZone, Timestamp};

/// Person who is a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Id of the customer.
    pub id: CustomerId,
    /// Organization that the customer belongs to. Absent if the customer belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// E-mail of the customer; at most 254 bytes, unique within the organization or, without one, among all customers
    /// who belong to none.
    pub email: Email,
    /// Name of the customer; 1 to 200 characters.
    pub name: Name,
    /// Id of the customer in its creator's own system; 1 to 100 characters, unique among the customers of this
    /// creator. Absent if there is none, or if the caller belongs neither to the vendor nor to the creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Organization whose contact manager created the customer, or partner whose member did. Absent if the vendor
    /// created the customer, or if the caller belongs neither to the vendor nor to the creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Creator>,
    /// Whether the customer is a contact manager, who approves partners and manages the organization's customers.
    pub manager: bool,
    /// Time at which the customer was last moved into an organization or out of one; RFC 3339, UTC. From then on it is no
    /// contact of subscriptions that it was before. Absent if it was never moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_at: Option<Timestamp>,
    /// Name and e-mail that the customer had when it left organizations, the oldest first; at most 20, of which the oldest give
    /// way. Those organizations, and the partners that act for them, are shown these. Absent if it left none, and for callers
    /// other than the vendor's staff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<FormerIdentity>,
    /// Time at which the customer was removed; RFC 3339, UTC. Absent while the person is a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Time at which the customer was disabled; RFC 3339, UTC. Absent while the customer is enabled. A disabled customer has
    /// no rights, but keeps its e-mail and everything that applies again when it is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Whether the deactivation of the organization disabled the customer. Its restoration then enables the customer again. Absent if
    /// not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled_by_deactivation: bool,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Time at which the person was erased; RFC 3339, UTC. The record then has neither the person's name nor its e-mail. Absent if
    /// the person was not erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Name and e-mail of a customer when it left an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormerIdentity {
    /// Organization that the customer left.
    pub organization_id: OrganizationId,
    /// Name of the customer at that time; 1 to 200 characters.
    pub name: Name,
    /// E-mail of the customer at that time; at most 254 bytes.
    pub email: Email,
    /// Time at which the customer left; RFC 3339, UTC.
    pub moved_at: Timestamp,
}

/// Largest number of organizations left of which the name and e-mail are kept.
pub const MOST_FORMER: usize = 20;

/// Name and e-mail under which a reader knows a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAs<'a> {
    /// The current ones.
    Now,
    /// Those that it had when it left; `None` if they are not kept.
    Formerly(Option<&'a FormerIdentity>),
}

/// Creator of a customer, if it is not the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Creator {
    /// Organization whose contact manager created the customer.
    Organization(OrganizationId),
    /// Partner whose member created the customer, by its access in the organization.
    Partner(PartnerId),
}

impl Creator {
    /// Returns the party that the actor acts for; `None` for the vendor's staff and customers who belong to no
    /// organization.
    pub fn of(actor: &Actor) -> Option<Self> {
        match actor.kind {
            ActorKind::Operator | ActorKind::Agent => None,
            ActorKind::Partner { partner, .. } => Some(Self::Partner(partner)),
            ActorKind::Customer { organization, .. } => organization.map(Self::Organization),
        }
    }
}

impl std::fmt::Display for Creator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Organization(id) => id.fmt(f),
            Self::Partner(id) => id.fmt(f),
        }
    }
}

impl Customer {
    /// Returns the record of a person of an organization, or of none, which is created at `now`.
    pub fn new(
        id: CustomerId,
        organization_id: Option<OrganizationId>,
        (email, name): (&Email, &Name),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization_id,
            email: email.clone(),
            name: name.clone(),
            external_id: None,
            created_by: None,
            manager: false,
            moved_at: None,
            formerly: Vec::new(),
            removed_at: None,
            disabled_at: None,
            disabled_by_deactivation: false,
            language: None,
            time_zone: None,
            erased_at: None,
            metadata: Metadata::new(now),
        }
    }

    /// Returns whether the customer has the rights of its record: it is neither removed nor disabled.
    pub fn is_active(&self) -> bool {
        self.removed_at.is_none() && self.disabled_at.is_none()
    }

    /// Returns whether this is the actor's own record: same e-mail, same organization, and neither removed nor disabled.
    pub fn is_own_record_of(&self, actor: &Actor) -> bool {
        let ActorKind::Customer { organization, .. } = actor.kind else { return false };
        let same = actor.email.as_ref() == Some(&self.email) && organization == self.organization_id;
        same && self.is_active()
    }

    /// Returns the customer as the actor sees it. The external id and the creator are shown only to the vendor's
    /// staff and to the creator's contact managers or members, former names only to the vendor's staff.
    pub fn seen_by(self, actor: &Actor) -> Self {
        let acts = actor.has_one_of(&[Role::ContactManager, Role::PartnerMember]);
        let giver = acts && self.created_by.is_some() && self.created_by == Creator::of(actor);
        match actor.is_staff() {
            true => self,
            false if giver => Self { formerly: Vec::new(), ..self },
            false => Self { external_id: None, created_by: None, formerly: Vec::new(), ..self },
        }
    }

    /// Returns the record in another organization, or in none, from `now` on. It keeps the name and e-mail for the organization
    /// that it leaves.
    pub fn moved_to(&self, organization_id: Option<OrganizationId>, now: Timestamp) -> Self {
        let left = self.organization_id.map(|organization_id| FormerIdentity {
            organization_id,
            name: self.name.clone(),
            email: self.email.clone(),
            moved_at: now,
        });
        let mut formerly: Vec<_> = self.formerly.iter().cloned().chain(left).collect();
        formerly.drain(..formerly.len().saturating_sub(MOST_FORMER));
        Self {
            organization_id,
            manager: false,
            moved_at: Some(now),
            formerly,
            disabled_by_deactivation: false,
            metadata: self.metadata.next(now),
            ..self.clone()
        }
    }

    /// Returns under which name an organization knows the customer: the one that it had when it last left the organization,
    /// unless it belongs to it.
    pub fn known_in(&self, organization: OrganizationId) -> KnownAs<'_> {
        if self.organization_id == Some(organization) {
            return KnownAs::Now;
        }
        KnownAs::Formerly(self.formerly.iter().rfind(|one| one.organization_id == organization))
    }

    /// Returns under which name somebody knows the customer to whom it was known at a time: the one that it had when it next
    /// left an organization.
    pub fn known_at(&self, time: Timestamp) -> KnownAs<'_> {
        match self.formerly.iter().find(|one| one.moved_at > time) {
            None => KnownAs::Now,
            former => KnownAs::Formerly(former),
        }
    }

    /// Returns the record without the person: removed, with another name and e-mail, and without former names, external id,
    /// language and time zone.
    pub fn erased(&self, now: Timestamp) -> Self {
        Self {
            email: Email::of_erased(self.id),
            name: Name::of_erased(),
            formerly: Vec::new(),
            language: None,
            time_zone: None,
            external_id: None,
            removed_at: self.removed_at.or(Some(now)),
            erased_at: Some(now),
            metadata: self.metadata.next(now),
            ..self.clone()
        }
    }

    /// Returns an event about the customer. It concerns its organization or, without one, only the vendor.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_parties(kind, None, self.organization_id).about(self.metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Ids;

    #[test]
    fn organization_knows_a_moved_customer_by_the_name_that_it_left_with() {
        let time = |second: u64| Timestamp::from_unix_millis(1_800_000_000_000 + second * 1000);
        let ids = Ids::counted_from(1);
        let [first, second]: [OrganizationId; 2] = [ids.next(time(0)), ids.next(time(0))];
        let name = |text: &str| text.parse::<Name>().unwrap();
        let email = "sora@yamada.example".parse().unwrap();
        let before = Customer::new(ids.next(time(0)), Some(first), (&email, &name("Sora")), time(0));
        assert_eq!(before.known_in(first), KnownAs::Now);
        let renamed = |one: Customer| Customer { name: name("Another"), ..one };
        let moved = renamed(before.moved_to(Some(second), time(10)));
        let KnownAs::Formerly(Some(known)) = moved.known_in(first) else { panic!("{moved:?}") };
        assert_eq!((known.name.as_str(), known.moved_at), ("Sora", time(10)));
        assert_eq!(moved.known_at(time(9)), KnownAs::Formerly(Some(known)));
        assert_eq!((moved.known_in(second), moved.known_at(time(10))), (KnownAs::Now, KnownAs::Now));
        let back = moved.moved_to(Some(first), time(20));
        assert_eq!(back.known_in(first), KnownAs::Now);
        // The number of kept names is bounded; a reader whose name gave way is shown none.
        let many = (0..30).fold(back, |one, round| {
            let to = if round % 2 == 0 { second } else { ids.next(time(0)) };
            one.moved_to(Some(to), time(30 + round))
        });
        assert_eq!((many.formerly.len(), many.known_in(first)), (MOST_FORMER, KnownAs::Formerly(None)));
        assert!(many.erased(time(99)).formerly.is_empty());
    }
}
