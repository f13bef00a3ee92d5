//! Entries in partners' directories that the fulfillment of an order needs.

use super::FulfillmentBuilder;
use crate::id::{OrganizationId, PartnerId};
use crate::party::{EntryOrigin, PartnerOrganization};
use crate::search::index;
use crate::subscription::Subscription;

impl FulfillmentBuilder<'_> {
    /// Returns the number of items that a directory entry takes: itself and, if it must be added, its name, the parts of
    /// the name, the record that its spellings are to be written, and its event.
    pub(super) fn items_of_entry(&self, place: (PartnerId, OrganizationId)) -> usize {
        if self.facts.directory.get(&place).is_some_and(PartnerOrganization::is_listed) {
            return 1;
        }
        let record = self.facts.organizations.values().find(|record| record.id == place.1);
        record.map_or(0, |record| 4 + index::parts(&record.name).len())
    }

    /// Returns the directory entry that a new subscription needs, which is that of the partner that manages it, and the
    /// reason for which it is added. A partner from which the subscription was transferred before the order arrived
    /// needs none.
    pub(super) fn entry_of(one: &Subscription) -> Option<((PartnerId, OrganizationId), EntryOrigin)> {
        let partner = one.buyer().partner_id?;
        let origin = match one.buyer.partner_id == Some(partner) {
            true => EntryOrigin::Order,
            false => EntryOrigin::Transfer,
        };
        Some(((partner, one.organization_id), origin))
    }

    /// Adds the directory entry of a subscription that does not fit the transaction, if the transaction is empty:
    /// together with an entry, a subscription with many links may be too large for any transaction.
    pub(super) fn add_entry_alone(&mut self, one: &Subscription, room: usize) {
        if let Some((place, origin)) = Self::entry_of(one).filter(|_| self.items() == 0)
            && self.items_of_entry(place) <= room
        {
            self.directory.insert(place, origin);
        }
    }
}
