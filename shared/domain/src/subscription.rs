//! Subscriptions: an organization's running contracts, what is linked to them, and what goes down with them.

use crate::event::{SubscriptionTransferred, SubscriptionTransferredAway};
use std::collections::{BTreeMap, BTreeSet};

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entitlement::{Entitlement, EntitlementNumber, Owner};
use crate::event::{EventKind, NewEvent};
use crate::fault::{Faults, Invalid};
use crate::id::{CustomerId, OrganizationId, PartnerId, ProductId, SiteId, SourceId, SubscriptionId};
use crate::license::Quantity;
use crate::party::Stamp;
use crate::problem::Reason;
use crate::site_url::SiteUrl;
use crate::text::{Description, Email, ExternalId, Name, OrderId, Plan, ProductCode, StoreAccount};
use crate::time::{Period, Timestamp};
use crate::value::Details;

/// What a subscription is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
pub enum SubscriptionKind {
    /// A product of its own.
    Subscription,
    /// What is installed in other subscriptions, its parents.
    App,
    /// Several products in one.
    Collection,
}

/// How far a subscription is. It follows from the time, and is nowhere kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionStatus {
    /// It has not begun.
    Upcoming,
    /// It runs.
    Active,
    /// It has ended, or was deactivated.
    Inactive,
    /// It was deactivated, and what is linked to it is still going down.
    Deactivating,
}

/// A running contract of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// What it is for.
    pub kind: SubscriptionKind,
    /// The product.
    pub product_id: ProductId,
    /// The product's code then.
    pub sku: ProductCode,
    /// What it is sold as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// For how many.
    pub quantity: Quantity,
    /// From when on.
    pub starts_at: Timestamp,
    /// For how long, as it was ordered.
    pub term: Period,
    /// What is linked to it; they know it, too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub linked: BTreeSet<SubscriptionId>,
    /// Of an app: what it is installed in; they know it, too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parents: BTreeSet<SubscriptionId>,
    /// The apps that are installed in it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub apps: BTreeSet<SubscriptionId>,
    /// The customers who look after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<SubscriptionContact>,
    /// Where it was set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Since when: it was set up then or, as its source says, moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// Who sold it: nobody else changes it.
    pub source_id: SourceId,
    /// In which order.
    pub order_id: OrderId,
    /// Its source's own id for it; unique among what the source sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Who bought it for the organization.
    #[serde(flatten)]
    pub buyer: Buyer,
    /// When its order was cancelled, as the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// What was heard of it since.
    #[serde(default, skip_serializing_if = "Heard::is_silent")]
    pub heard: Heard,
    /// That somebody deactivated it, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivation: Option<Deactivation>,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// Who pays for a subscription: a partner, by an account at the store or named by itself; or nobody but the organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Buyer {
    /// The partner that manages it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// The account at the store to which it is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_account: Option<StoreAccount>,
}

/// A customer who looks after a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionContact {
    /// Who.
    pub email: Email,
    /// What people call it.
    pub name: Name,
    /// Since when it is a contact.
    pub since: Timestamp,
    /// Its record, if there was one when it became a contact. It is a contact only as long as that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
}

impl SubscriptionContact {
    /// Whether it is one still, by its record, as that is now, and by when somebody of its e-mail was removed last: of one who
    /// was on record when it became a contact, the record must last; another must not have been removed since.
    pub fn lasts(&self, record: Option<CustomerId>, removed_at: Option<Timestamp>) -> bool {
        match self.customer_id {
            Some(customer) => record == Some(customer),
            None => removed_at.is_none_or(|removed| removed < self.since),
        }
    }
}

/// Where a subscription is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Place {
    /// On a site.
    Site {
        /// Which.
        site_id: SiteId,
        /// Its address.
        url: SiteUrl,
    },
    /// In the whole organization.
    Organization {
        /// True.
        organization: Whole,
    },
}

impl Place {
    /// The site, if it is on one.
    pub fn site(&self) -> Option<(SiteId, &SiteUrl)> {
        match self {
            Self::Site { site_id, url } => Some((*site_id, url)),
            Self::Organization { .. } => None,
        }
    }
}

/// The value `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct Whole;

impl TryFrom<bool> for Whole {
    type Error = Invalid;

    fn try_from(whole: bool) -> Result<Self, Invalid> {
        whole.then_some(Self).ok_or_else(|| Invalid::new("invalid", "can only be `true`"))
    }
}

impl From<Whole> for bool {
    fn from(_: Whole) -> Self {
        true
    }
}

impl Deserr<Faults> for Whole {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let whole = bool::deserialize_from_value(value, location)?;
        Self::try_from(whole).map_err(|invalid| Faults::invalid(location, invalid))
    }
}

impl JsonSchema for Whole {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": true })
    }
}

/// A place in the web where an organization uses what it subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// Its address, unique in the organization.
    pub url: SiteUrl,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// That a subscription was deactivated, for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deactivation {
    /// When.
    pub at: Timestamp,
    /// The subscription that somebody deactivated; this one went down with it.
    pub cause: SubscriptionId,
    /// Why, as who deactivated it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
    /// While what is linked to it is still going down: when somebody else goes on with it, if who began does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on_at: Option<Timestamp>,
}

/// What of the messages about a subscription counts. In whatever order they come, and however often, the same is heard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heard {
    /// Until when it was renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// To whom it was transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// How much it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// One message about a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It runs longer.
    Renewal(Renewal),
    /// Somebody else pays.
    Transfer(Transfer),
    /// So many use it.
    Usage(Usage),
}

/// Until when a subscription was renewed: it never gets shorter by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    /// Until when, not included.
    pub ends_at: Timestamp,
    /// When the latest renewal happened.
    pub said_at: Timestamp,
}

/// To whom a subscription was transferred last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// When that happened.
    pub said_at: Timestamp,
    /// To whom.
    #[serde(flatten)]
    pub to: Buyer,
}

/// How much a subscription was used last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Which of the source's reports: its number, or the milliseconds since 1970 of its time.
    pub mark: u64,
    /// How many use it.
    pub active_users: u64,
}

impl Heard {
    /// Whether nothing was heard.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// Hears a message; answers whether it says anything new.
    pub fn hear(&mut self, said: Said) -> bool {
        let before = self.clone();
        match said {
            Said::Renewal(new) => {
                let old = self.renewal.take().unwrap_or_else(|| new.clone());
                let (ends_at, said_at) = (old.ends_at.max(new.ends_at), old.said_at.max(new.said_at));
                self.renewal = Some(Renewal { ends_at, said_at });
            }
            Said::Transfer(new) => self.transfer = self.transfer.take().max(Some(new)),
            Said::Usage(new) => self.usage = self.usage.take().max(Some(new)),
        }
        *self != before
    }
}

impl Subscription {
    /// It was deactivated, and nothing brings it back.
    pub const DEACTIVATED: Reason = Reason::state(
        "subscription-deactivated",
        "the subscription was deactivated, for good: contact the vendor for a new one",
    );

    /// As many links, parents, and apps each a subscription has.
    pub const MOST_LINKS: usize = 100;

    /// As many contacts a subscription has.
    pub const MOST_CONTACTS: usize = 20;

    /// Who pays for it now.
    pub fn buyer(&self) -> &Buyer {
        self.heard.transfer.as_ref().map_or(&self.buyer, |transfer| &transfer.to)
    }

    /// Until when it runs, not included, if nobody ends it before: its bill date. What was cancelled, and is renewed later, runs
    /// until the latest end of all its renewals: none makes it shorter.
    pub fn ends_at(&self) -> Timestamp {
        let ordered = self.starts_at.after(self.term);
        match &self.heard.renewal {
            None => ordered,
            Some(renewal) if self.cancelled_at.is_some_and(|at| at < renewal.said_at) => renewal.ends_at,
            Some(renewal) => ordered.max(renewal.ends_at),
        }
    }

    /// Since when it is over though its time is not: it was deactivated, or its order was cancelled and not renewed since.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let renewed = self.heard.renewal.as_ref().map(|renewal| renewal.said_at);
        let cancelled = self.cancelled_at.filter(|at| renewed.is_none_or(|renewed| renewed <= *at));
        self.deactivation.as_ref().map(|deactivation| deactivation.at).or(cancelled)
    }

    /// How far it is.
    pub fn status(&self, now: Timestamp) -> SubscriptionStatus {
        match &self.deactivation {
            Some(Deactivation { goes_on_at: Some(_), .. }) => SubscriptionStatus::Deactivating,
            Some(_) => SubscriptionStatus::Inactive,
            None if self.ended_at().is_some() || self.ends_at() <= now => SubscriptionStatus::Inactive,
            None if self.starts_at > now => SubscriptionStatus::Upcoming,
            None => SubscriptionStatus::Active,
        }
    }

    /// Whether somebody still has to say where it is used.
    pub fn set_up_due(&self) -> bool {
        self.place.is_none() && self.deactivation.is_none()
    }

    /// How many use it, as far as anybody said.
    pub fn active_users(&self) -> Option<u64> {
        self.heard.usage.as_ref().map(|usage| usage.active_users)
    }

    /// The contact of this e-mail.
    pub fn contact(&self, email: &Email) -> Option<&SubscriptionContact> {
        self.contacts.iter().find(|contact| contact.email == *email)
    }

    /// The entitlement it gives its organization, when it is made. It follows the subscription from then on.
    pub fn entitle(&self) -> Entitlement {
        let id = self.id.entitlement();
        Entitlement {
            id,
            number: EntitlementNumber::of(id),
            owner: Owner::Organization(self.organization_id),
            product_id: self.product_id,
            external_id: None,
            subscription_id: Some(self.id),
            starts_at: Some(self.starts_at),
            ends_at: Some(self.ends_at()),
            ended_at: self.ended_at(),
            details: Details::default(),
            details_changed: None,
            stamp: self.stamp,
        }
    }

    /// What a transfer leaves, if it is one: an event for who has it now, and one for the partner that has it no longer.
    pub fn transferred_from(&self, from: &Buyer) -> Vec<NewEvent> {
        let (to, subscription_id) = (self.buyer(), self.id);
        if from == to {
            return Vec::new();
        }
        let away = from.partner_id.filter(|partner| to.partner_id != Some(*partner)).map(|partner| {
            let away = SubscriptionTransferredAway { subscription_id };
            NewEvent::of_both(away, partner, self.organization_id)
        });
        let here = self.event(SubscriptionTransferred { subscription_id });
        away.into_iter().chain([here]).collect()
    }

    /// What happened to it: its organization's business, and its partner's.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        match self.buyer().partner_id {
            Some(partner) => NewEvent::of_both(kind, partner, self.organization_id),
            None => NewEvent::of_organization(kind, self.organization_id),
        }
    }
}

/// All subscriptions of an organization.
pub type Subscriptions = BTreeMap<SubscriptionId, Subscription>;

/// What goes down with a subscription, and what keeps the rest up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// What goes down, the subscription itself first. What is down already is part of it.
    pub down: Vec<SubscriptionId>,
    /// For each app that stays, though what goes down is above it, a parent that is left to it: as long as these are alive, the
    /// apps are not concerned. Some of them are such apps themselves.
    pub supports: BTreeSet<SubscriptionId>,
}

impl Closure {
    /// Everything that is linked to a subscription, through any number of links, and every app that has no parent left but
    /// such as go down themselves, or such as keep only each other up; with these what is linked to them, and so on.
    pub fn of(all: &Subscriptions, root: SubscriptionId) -> Self {
        let (mut known, mut down) = (BTreeSet::from([root]), vec![root]);
        let mut next = 0;
        loop {
            while let Some(one) = down.get(next).and_then(|id| all.get(id)) {
                next += 1;
                let linked = one.linked.iter().filter(|id| all.contains_key(id));
                down.extend(linked.filter(|id| known.insert(**id)));
            }
            let (orphans, supports) = orphans(all, &known);
            if orphans.is_empty() {
                return Self { down, supports };
            }
            down.extend(orphans.into_iter().filter(|id| known.insert(*id)));
        }
    }
}

/// The apps, and theirs, that lose their last parent with these; and the parents that are left to the others.
fn orphans(
    all: &Subscriptions,
    down: &BTreeSet<SubscriptionId>,
) -> (BTreeSet<SubscriptionId>, BTreeSet<SubscriptionId>) {
    let apps_of = |id: &SubscriptionId| all.get(id).map(|one| one.apps.iter().copied()).into_iter().flatten();
    let mut concerned = BTreeSet::new();
    let mut reached: Vec<_> = down.iter().flat_map(apps_of).collect();
    while let Some(app) = reached.pop() {
        if all.contains_key(&app) && !down.contains(&app) && concerned.insert(app) {
            reached.extend(apps_of(&app));
        }
    }
    // A parent that is not known may be alive.
    let alive = |id: &SubscriptionId| all.get(id).is_none_or(|one| one.deactivation.is_none());
    let outside = |id: &&SubscriptionId| !down.contains(id) && !concerned.contains(id) && alive(id);
    let mut kept = Vec::new();
    for app in concerned.iter().filter_map(|app| all.get(app)) {
        kept.extend(app.parents.iter().find(outside).map(|parent| (app.id, *parent)));
    }
    let mut supports = BTreeSet::new();
    while let Some((app, parent)) = kept.pop() {
        if alive(&app) && concerned.remove(&app) {
            supports.insert(parent);
            kept.extend(apps_of(&app).map(|next| (next, app)));
        }
    }
    (concerned, supports)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::{Id, Ids};

    fn time(minutes: u64) -> Timestamp {
        Timestamp::from_unix_millis(1_767_603_600_000 + minutes * 60_000)
    }

    fn subscription(id: SubscriptionId) -> Subscription {
        Subscription {
            id,
            organization_id: OrganizationId::first_at(time(0)),
            kind: SubscriptionKind::Subscription,
            product_id: ProductId::first_at(time(0)),
            sku: "ER-1".parse().unwrap(),
            plan: None,
            quantity: Quantity::new(1).unwrap(),
            starts_at: time(10),
            term: "PT90M".parse().unwrap(),
            linked: BTreeSet::new(),
            parents: BTreeSet::new(),
            apps: BTreeSet::new(),
            contacts: Vec::new(),
            place: None,
            placed_at: None,
            source_id: SourceId::first_at(time(0)),
            order_id: "SO-1".parse().unwrap(),
            external_id: None,
            buyer: Buyer::default(),
            cancelled_at: None,
            heard: Heard::default(),
            deactivation: None,
            stamp: Stamp::new(time(0)),
        }
    }

    fn world(
        count: usize,
        links: &[(usize, usize)],
        parents: &[(usize, usize)],
    ) -> (Vec<SubscriptionId>, Subscriptions) {
        let ids = Ids::counted_from(1);
        let ids: Vec<SubscriptionId> = (0..count).map(|_| ids.next(time(0))).collect();
        let mut all: Subscriptions = ids.iter().map(|id| (*id, subscription(*id))).collect();
        for (one, other) in links.iter().filter(|(one, other)| one != other) {
            all.get_mut(&ids[*one]).unwrap().linked.insert(ids[*other]);
            all.get_mut(&ids[*other]).unwrap().linked.insert(ids[*one]);
        }
        for (app, parent) in parents.iter().filter(|(app, parent)| app != parent) {
            all.get_mut(&ids[*app]).unwrap().parents.insert(ids[*parent]);
            all.get_mut(&ids[*parent]).unwrap().apps.insert(ids[*app]);
        }
        (ids, all)
    }

    fn deactivate(one: &mut Subscription, cause: SubscriptionId, at: Timestamp) {
        one.deactivation = Some(Deactivation { at, cause, reason: None, goes_on_at: None });
    }

    #[test]
    fn status_follows_from_the_time() {
        let mut one = subscription(SubscriptionId::first_at(time(0)));
        assert_eq!(one.ends_at(), time(100));
        for (minutes, status) in [
            (9, SubscriptionStatus::Upcoming),
            (10, SubscriptionStatus::Active),
            (99, SubscriptionStatus::Active),
            (100, SubscriptionStatus::Inactive),
        ] {
            assert_eq!(one.status(time(minutes)), status, "{minutes}");
        }
        // One that merely ended, or was cancelled, is renewed late.
        one.heard.hear(Said::Renewal(Renewal { ends_at: time(300), said_at: time(150) }));
        assert_eq!(one.status(time(200)), SubscriptionStatus::Active);
        one.cancelled_at = Some(time(160));
        assert_eq!((one.status(time(200)), one.ended_at()), (SubscriptionStatus::Inactive, Some(time(160))));
        one.heard.hear(Said::Renewal(Renewal { ends_at: time(250), said_at: time(170) }));
        assert_eq!((one.status(time(200)), one.ends_at()), (SubscriptionStatus::Active, time(300)));
        // What was deactivated is not.
        let id = one.id;
        deactivate(&mut one, id, time(180));
        one.heard.hear(Said::Renewal(Renewal { ends_at: time(900), said_at: time(190) }));
        assert_eq!((one.status(time(200)), one.set_up_due()), (SubscriptionStatus::Inactive, false));
    }

    #[test]
    fn an_app_goes_down_with_the_last_of_its_parents() {
        // 0 - 1, apps 2 (in 0 and 3), 4 (in 0 and 1), 5 (in 2 and 4); 6 is linked to 4.
        let (ids, mut all) = world(7, &[(0, 1), (4, 6)], &[(2, 0), (2, 3), (4, 0), (4, 1), (5, 2), (5, 4)]);
        let down = |all: &Subscriptions, root: usize| -> Vec<usize> {
            let down = Closure::of(all, ids[root]).down;
            let mut down: Vec<_> =
                down.iter().map(|id| ids.iter().position(|known| known == id).unwrap()).collect();
            down.sort_unstable();
            down
        };
        assert_eq!(down(&all, 0), [0, 1, 4, 6]);
        assert_eq!(Closure::of(&all, ids[0]).supports, BTreeSet::from([ids[2], ids[3]]), "2 keeps 5 up");
        assert_eq!(down(&all, 3), [3]);
        let gone = all.get_mut(&ids[3]).unwrap();
        deactivate(gone, ids[3], time(0));
        assert_eq!(down(&all, 0), [0, 1, 2, 4, 5, 6]);
        // Apps that are parents of each other keep nobody up, as long as nothing else keeps them up.
        let (ids, mut all) = world(4, &[], &[(1, 0), (1, 2), (2, 1), (3, 2)]);
        assert_eq!(Closure::of(&all, ids[0]).down.len(), 4);
        all.get_mut(&ids[2]).unwrap().parents.insert(ids[3]);
        assert_eq!(Closure::of(&all, ids[0]).down.len(), 4);
        let (ids, all) = world(4, &[], &[(1, 0), (1, 2), (2, 1), (2, 3)]);
        let closure = Closure::of(&all, ids[0]);
        let supports = BTreeSet::from([ids[2], ids[3]]);
        assert_eq!((closure.down, closure.supports), (vec![ids[0]], supports), "3 keeps 2 up, and that 1");
    }

    #[test]
    fn where_it_is_set_up_reads_back() {
        let site =
            Place::Site { site_id: SiteId::first_at(time(0)), url: "https://x.example".parse().unwrap() };
        for place in [site, Place::Organization { organization: Whole }] {
            let written = serde_json::to_value(&place).unwrap();
            assert_eq!(serde_json::from_value::<Place>(written).unwrap(), place);
        }
        assert!(serde_json::from_str::<Place>(r#"{"organization": false}"#).is_err());
    }

    fn said() -> impl Strategy<Value = Said> {
        let partner = |number: u64| Buyer {
            partner_id: Some(PartnerId::first_at(time(number))),
            billing_account: None,
        };
        prop_oneof![
            (0u64..6, 0u64..6)
                .prop_map(|(ends, said)| Said::Renewal(Renewal { ends_at: time(ends), said_at: time(said) })),
            (0u64..6, 0u64..3).prop_map(move |(said, to)| Said::Transfer(Transfer {
                said_at: time(said),
                to: partner(to)
            })),
            (0u64..6, 0u64..6).prop_map(|(mark, active_users)| Said::Usage(Usage { mark, active_users })),
        ]
    }

    proptest! {
        #[test]
        fn the_same_is_heard_in_whatever_order_and_however_often(
            (all, other) in proptest::collection::vec(said(), 0..10)
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            let heard = |all: &[Said]| all.iter().fold(Heard::default(), |mut heard, said| {
                heard.hear(said.clone());
                heard
            });
            let mut once = heard(&all);
            prop_assert_eq!(&once, &heard(&other));
            for said in all {
                prop_assert!(!once.hear(said));
            }
        }

        /// What is left has no link to what went down, and of the parents of each app that is left one is left; and
        /// nothing is in it without a reason.
        #[test]
        fn a_closure_is_closed_and_the_smallest(
            links in proptest::collection::vec((0usize..30, 0usize..30), 0..25),
            parents in proptest::collection::vec((0usize..30, 0usize..30), 0..25),
            dead in 0usize..30, root in 0usize..30,
        ) {
            let (ids, mut all) = world(30, &links, &parents);
            for id in Closure::of(&all, ids[dead]).down {
                deactivate(all.get_mut(&id).unwrap(), ids[dead], time(0));
            }
            let Closure { down, supports } = Closure::of(&all, ids[root]);
            let set: BTreeSet<_> = down.iter().copied().collect();
            prop_assert_eq!(set.len(), down.len());
            let up = |id: &SubscriptionId| !set.contains(id) && all[id].deactivation.is_none();
            prop_assert!(supports.iter().all(up));
            let mut concerned = BTreeSet::new();
            let mut reached: Vec<_> = down.iter().flat_map(|id| all[id].apps.iter().copied()).collect();
            while let Some(app) = reached.pop() {
                if concerned.insert(app) {
                    reached.extend(&all[&app].apps);
                }
            }
            for one in all.values().filter(|one| up(&one.id)) {
                prop_assert!(set.is_disjoint(&one.linked), "a link is left");
                let held = one.parents.iter().any(|parent| supports.contains(parent));
                prop_assert!(held || !concerned.contains(&one.id), "what keeps it up is no condition");
                // Whatever may have lost a parent has one above it that nothing of this reaches.
                let (mut above, mut seen) = (vec![one.id], BTreeSet::from([one.id]));
                let mut stays = false;
                while let Some(id) = above.pop() {
                    stays |= !concerned.contains(&id);
                    let parents = all[&id].parents.iter().filter(|parent| concerned.contains(&id) && up(parent));
                    above.extend(parents.filter(|parent| seen.insert(**parent)));
                }
                prop_assert!(stays, "an orphan is left");
            }
            // Whoever goes down has a reason: a link to another one, or no parent that is up.
            for one in down.iter().skip(1).map(|id| &all[id]).filter(|one| one.deactivation.is_none()) {
                let linked = one.linked.intersection(&set).next().is_some();
                let orphaned = !one.parents.is_empty() && !one.parents.iter().any(up);
                prop_assert!(linked || orphaned);
            }
        }
    }
}
