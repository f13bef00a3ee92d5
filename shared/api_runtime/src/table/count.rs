//! Counts that limit the number of things of a kind. Each is changed by one conditional update.

use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::Key;
use super::write::{Expression, Update};

/// Number of things of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Key of the item, which says what is counted.
    #[serde(flatten)]
    pub at: Key,
    /// Current number.
    pub count: u64,
}

impl Entity for Count {
    const NAME: &'static str = "count";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Adds to a count, on the condition that it is at most `most` afterwards.
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

/// Returns the condition that the count is `number`; 0 means that no count is stored.
pub fn equals(number: u64) -> Expression {
    match number {
        0 => Expression::new("attribute_not_exists(#count)"),
        _ => Expression::new("#count = :number").number("number", number),
    }
}

/// Subtracts from a count, on the condition that at least `least` are left.
pub fn subtract(number: u64, least: u64) -> Update {
    Update {
        update: Expression::new("SET #count = #count - :number").number("number", number),
        condition: Expression::new("#count >= :needed").number("needed", number.saturating_add(least)),
    }
}
