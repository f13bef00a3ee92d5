//! Reservations, which make values unique.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;

/// Makes a value unique: the key of the item contains the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Key of the item, which contains the value.
    #[serde(flatten)]
    pub at: Key,
    /// Id of the object that has the value.
    pub owner: String,
    /// For a person's e-mail: whether the customer is a contact manager, or the member an admin. Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manager: bool,
    /// For a member's e-mail: number of members with this e-mail that the partner had removed before. Absent for other
    /// values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removals: Option<u64>,
}

impl Reservation {
    /// Reserves the value in a key for an owner.
    pub(super) fn new(at: Key, owner: impl Display) -> Self {
        Self { at, owner: owner.to_string(), manager: false, removals: None }
    }

    /// Returns the id of the owner.
    ///
    /// # Errors
    ///
    /// Fails if the owner is of another kind.
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

/// Returns the giver of an external id, as a segment of a key: a party's id, or `VENDOR`. External ids are unique per
/// giver.
pub(super) fn creator(party: Option<impl Display>) -> String {
    party.map_or_else(|| "VENDOR".to_owned(), |party| party.to_string())
}
