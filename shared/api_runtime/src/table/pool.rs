//! How a pool's numbers change: always `purchased = available + assigned`, in one update with its condition. A
//! pool is in no index, so its numbers may change without the rest of it.

use domain::{Pool, Quantity};

use super::entity::Entity;
use super::write::{Expression, Update};

/// Takes licenses out, for good.
pub fn take(quantity: Quantity) -> Update {
    let update = "SET #available = #available - :quantity, #assigned = #assigned + :quantity";
    let condition = Expression::new("#available >= :quantity");
    Update {
        update: Expression::new(update).number("quantity", quantity.get()),
        condition: condition.number("quantity", quantity.get()),
    }
}

/// Puts licenses in; the first ones make `pool`, whose own numbers do not count.
pub fn credit(pool: &Pool, quantity: u64) -> Update {
    let update = "SET #entity = :entity, #partnerId = :partner, #licenseType = :type, \
                  #purchased = if_not_exists(#purchased, :none) + :quantity, \
                  #available = if_not_exists(#available, :none) + :quantity, \
                  #assigned = if_not_exists(#assigned, :none)";
    let update = Expression::new(update)
        .text("entity", Pool::NAME)
        .text("partner", pool.partner_id.to_string())
        .text("type", pool.license_type.to_string())
        .number("none", 0)
        .number("quantity", quantity);
    let condition = Expression::new("attribute_not_exists(#pk) OR #purchased <= :room");
    Update { update, condition: condition.number("room", Pool::MOST.saturating_sub(quantity)) }
}

/// Takes licenses back that nobody was assigned; `all` there were when they were looked at, or some of them.
pub fn withdraw(quantity: u64, all: bool) -> Update {
    let update = "SET #purchased = #purchased - :quantity, #available = #available - :quantity";
    // Of what was all there was, more may have come since: then more is to be taken back.
    let condition = if all { "#available = :quantity" } else { "#available >= :quantity" };
    Update {
        update: Expression::new(update).number("quantity", quantity),
        condition: Expression::new(condition).number("quantity", quantity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::entity::to_item;

    /// `credit` makes a pool without `to_item`: it must set all that `to_item` would.
    #[test]
    fn a_credited_pool_has_every_attribute_of_a_pool() {
        let pool = Pool {
            partner_id: "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
            license_type: "edge-storage-1y".parse().unwrap(),
            purchased: 0,
            available: 0,
            assigned: 0,
        };
        let mut expected: Vec<String> = to_item(&pool).unwrap().into_keys().collect();
        expected.retain(|name| !["pk", "sk"].contains(&name.as_str()));
        expected.sort();
        let mut set: Vec<String> =
            credit(&pool, 1).update.names().unwrap_or_default().into_values().collect();
        set.sort();
        assert_eq!(set, expected);
    }
}
