//! What makes a value unique.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;

/// Makes a value unique: the item's key is the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The value, as the reservation's key.
    #[serde(flatten)]
    pub at: Key,
    /// The id of what has the value.
    pub owner: String,
    /// Of a person's e-mail: whether a customer manages the organization's customers, a member the partner's members.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manager: bool,
    /// Of a member's e-mail: how many members with it the partner had removed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removals: Option<u64>,
}

impl Reservation {
    /// Reserves a value, which its key is, for an owner.
    pub(super) fn new(at: Key, owner: impl Display) -> Self {
        Self { at, owner: owner.to_string(), manager: false, removals: None }
    }

    /// The id of the owner.
    ///
    /// # Errors
    ///
    /// When the value belongs to an owner of another kind.
    pub fn owner_id<I: FromStr>(&self) -> Result<I, Error> {
        self.owner
            .parse()
            .map_err(|_| Error::Internal("a value belongs to an owner of another kind".to_owned()))
    }
}

impl Entity for Reservation {
    const NAME: &'static str = "reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Who gave an external id: each giver has its own.
pub(super) fn giver(party: Option<impl Display>) -> String {
    party.map_or_else(|| "VENDOR".to_owned(), |party| party.to_string())
}
