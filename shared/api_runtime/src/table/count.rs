//! Counts of things of which there may be only so many: changed in one update with its condition.

use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::Key;
use super::write::{Expression, Update};

/// How many of something there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Of what.
    #[serde(flatten)]
    pub at: Key,
    /// How many.
    pub count: u64,
}

impl Entity for Count {
    const NAME: &'static str = "count";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Counts more, while they are not more than `most`.
pub fn add(number: u64, most: u64) -> Update {
    let update = "SET #entity = :entity, #count = if_not_exists(#count, :none) + :number";
    let condition = Expression::new("attribute_not_exists(#count) OR #count <= :room");
    Update {
        update: Expression::new(update)
            .text("entity", Count::NAME)
            .number("none", 0)
            .number("number", number),
        condition: condition.number("room", most.saturating_sub(number)),
    }
}

/// The condition that there are so many, none being the same as no count.
pub fn equals(number: u64) -> Expression {
    match number {
        0 => Expression::new("attribute_not_exists(#count)"),
        _ => Expression::new("#count = :number").number("number", number),
    }
}

/// Counts less, while at least so many are left.
pub fn subtract(number: u64, least: u64) -> Update {
    Update {
        update: Expression::new("SET #count = #count - :number").number("number", number),
        condition: Expression::new("#count >= :needed").number("needed", number.saturating_add(least)),
    }
}
