//! License types, license pools and license assignments.

use domain::{
    Assignment, AssignmentId, LicenseType, LicenseTypeCode, OrganizationId, PartnerId, Pool, Quantity,
    Threshold, Timestamp,
};

use super::item::Entity;
use super::key::{CATALOG, Key};
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{Index, patterns};
use super::write::{Expression, Update};

/// Prefix of the sort keys of license types.
pub(super) const LICENSE_TYPES: &str = "LICENSE_TYPE#";

/// Prefix of the sort keys of license assignments.
pub(super) const ASSIGNMENTS: &str = "ASSIGNMENT#";

/// Prefix of the sort keys of license pools.
pub(super) const POOLS: &str = "POOL#";

impl Entity for LicenseType {
    const NAME: &'static str = "license-type";

    fn key(&self) -> Key {
        license_type_key(&self.code)
    }
}

impl Entity for Pool {
    const NAME: &'static str = "license-pool";

    fn key(&self) -> Key {
        pool_key(self.partner_id, &self.license_type)
    }
}

impl Entity for Assignment {
    const NAME: &'static str = "license-assignment";

    fn key(&self) -> Key {
        assignment_key(self.partner_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(assignment_of_organization_key(self.organization_id, self.id))
    }
}

patterns! {
    /// a license type
    lookup LicenseTypeByCode(code: LicenseTypeCode) -> LicenseType {
        license_type_key(code),
        "`CATALOG` · `LICENSE_TYPE#<code>`"
    }
    /// a partner's pool of one license type
    lookup PoolOfPartner(partner: PartnerId, license_type: LicenseTypeCode) -> Pool {
        pool_key(*partner, license_type),
        "`PARTNER#<partner>` · `POOL#<type>`"
    }
    /// a license assignment of a partner
    lookup AssignmentOfPartner(partner: PartnerId, assignment: AssignmentId) -> Assignment {
        assignment_key(*partner, *assignment),
        "`PARTNER#<partner>` · `ASSIGNMENT#<assignment>`"
    }
    /// all license types
    list LicenseTypes() -> LicenseType {
        Index::Table, CATALOG.to_owned(), LICENSE_TYPES,
        "`CATALOG` · `LICENSE_TYPE#…`"
    }
    /// the license pools of a partner
    list PoolsOfPartner(partner: PartnerId) -> Pool {
        Index::Table, partner_partition(*partner), POOLS,
        "`PARTNER#<partner>` · `POOL#…`"
    }
    /// the license assignments to an organization
    list AssignmentsOfOrganization(organization: OrganizationId) -> Assignment {
        Index::ByKey, organization_partition(*organization), ASSIGNMENTS,
        "in `by-key` `ORG#<organization>` · `ASSIGNMENT#…`"
    }
}

/// Returns the key of a license type.
pub(super) fn license_type_key(code: &LicenseTypeCode) -> Key {
    Key::new(CATALOG, format!("{LICENSE_TYPES}{code}"))
}

/// Returns the key of a partner's pool of one license type.
pub(super) fn pool_key(partner: PartnerId, license_type: &LicenseTypeCode) -> Key {
    Key::new(partner_partition(partner), format!("{POOLS}{license_type}"))
}

/// Returns the key of a license assignment.
pub(super) fn assignment_key(partner: PartnerId, assignment: AssignmentId) -> Key {
    Key::new(partner_partition(partner), format!("{ASSIGNMENTS}{assignment}"))
}

/// Returns the key, in `by-key`, by which an organization's license assignments are found.
pub fn assignment_of_organization_key(organization: OrganizationId, assignment: AssignmentId) -> Key {
    Key::new(organization_partition(organization), format!("{ASSIGNMENTS}{assignment}"))
}

// Every update of a pool is a single conditional write that keeps `purchased = available + assigned`. A pool is in no
// index, so its numbers can be changed without writing the whole item.
//
// A condition cannot calculate, so a pool with a threshold also has `headroom`, which is `available - threshold`: it is
// negative while the pool is low. Without a threshold its value has no meaning.

/// Condition that taking `:quantity` licenses out of a pool does not make it low: it has no threshold, is low already, or
/// keeps at least as many licenses as its threshold.
const NOT_CROSSING: &str =
    "(attribute_not_exists(#threshold) OR #headroom < :none OR #headroom >= :quantity)";

/// Takes licenses out of a pool irreversibly, on the condition that enough are available. `low` is the pool as it was
/// read if this makes it low; without it, the licenses are taken on the condition that it does not.
pub fn assign_from_pool(quantity: Quantity, low: Option<&Pool>) -> Update {
    let update = "SET #available = #available - :quantity, #assigned = #assigned + :quantity, \
                  #headroom = if_not_exists(#headroom, :none) - :quantity";
    let condition = match low {
        Some(pool) => pool_is_unchanged(pool),
        None => Expression::new(&format!("#available >= :quantity AND {NOT_CROSSING}"))
            .number("quantity", quantity.get())
            .number("none", 0),
    };
    Update { update: Expression::new(update).number("quantity", quantity.get()).number("none", 0), condition }
}

/// Adds licenses to a pool, and creates the pool with the first ones. The numbers in `pool` are ignored.
pub fn credit_pool(pool: &Pool, quantity: u64) -> Update {
    let update = "SET #entity = :entity, #partnerId = :partner, #licenseType = :type, \
                  #purchased = if_not_exists(#purchased, :none) + :quantity, \
                  #available = if_not_exists(#available, :none) + :quantity, \
                  #assigned = if_not_exists(#assigned, :none), \
                  #headroom = if_not_exists(#headroom, :none) + :quantity";
    let update = Expression::new(update)
        .text("entity", Pool::NAME)
        .text("partner", pool.partner_id.to_string())
        .text("type", pool.license_type.to_string())
        .number("none", 0)
        .number("quantity", quantity);
    let condition = Expression::new("attribute_not_exists(#pk) OR #purchased <= :room");
    Update { update, condition: condition.number("room", Pool::MOST.saturating_sub(quantity)) }
}

/// Takes unassigned licenses back, on the condition that at least `quantity` are available; with `all`, exactly that.
/// `low` is the pool as it was read if this makes it low; without it, they are taken on the condition that it does not.
pub fn withdraw_from_pool(quantity: u64, all: bool, low: Option<&Pool>) -> Update {
    let update = "SET #purchased = #purchased - :quantity, #available = #available - :quantity, \
                  #headroom = if_not_exists(#headroom, :none) - :quantity";
    // If all available licenses are to be taken back, any that were added since they were read must be taken back, too.
    let enough = if all { "#available = :quantity" } else { "#available >= :quantity" };
    let condition = match low {
        Some(pool) => pool_is_unchanged(pool),
        None => Expression::new(&format!("{enough} AND {NOT_CROSSING}"))
            .number("quantity", quantity)
            .number("none", 0),
    };
    Update { update: Expression::new(update).number("quantity", quantity).number("none", 0), condition }
}

/// Returns the condition that a pool has the available licenses and the threshold with which it was read, so that the
/// event of its becoming low states what is true.
pub fn pool_is_unchanged(pool: &Pool) -> Expression {
    let condition = Expression::new(match pool.threshold_changes {
        0 => "#available = :available AND attribute_not_exists(#thresholdChanges)",
        _ => "#available = :available AND #thresholdChanges = :changes",
    });
    let condition = condition.number("available", pool.available);
    if pool.threshold_changes == 0 { condition } else { condition.number("changes", pool.threshold_changes) }
}

/// Sets or removes the threshold of a pool, on the condition that it is unchanged since it was read.
pub fn set_threshold(pool: &Pool, threshold: Option<Threshold>, changed_at: Timestamp) -> Update {
    let count = "#thresholdChanges = if_not_exists(#thresholdChanges, :none) + :one, \
                 #thresholdChangedAt = :at";
    let update = match threshold {
        Some(threshold) => {
            let set = format!("SET #threshold = :threshold, #headroom = #available - :threshold, {count}");
            Expression::new(&set).number("threshold", threshold.get())
        }
        None => Expression::new(&format!("SET {count} REMOVE #threshold")),
    };
    let update = update.number("none", 0).number("one", 1).text("at", changed_at.to_string());
    Update { update, condition: pool_is_unchanged(pool) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::item::to_item;

    /// `credit_pool` creates a pool without `to_item`, so it must set all that `to_item` sets besides the key and what
    /// only a threshold changes.
    #[test]
    fn a_credited_pool_has_every_attribute_of_a_pool() {
        let pool = Pool::empty(
            "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
            "edge-storage-1y".parse().unwrap(),
        );
        let mut expected: Vec<String> = to_item(&pool).unwrap().into_keys().collect();
        expected.retain(|name| !["pk", "sk", "thresholdChanges"].contains(&name.as_str()));
        expected.push("headroom".to_owned());
        expected.sort();
        let mut set: Vec<String> =
            credit_pool(&pool, 1).update.names().unwrap_or_default().into_values().collect();
        set.sort();
        assert_eq!(set, expected);
    }
}
