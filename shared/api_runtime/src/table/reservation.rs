//! Reservations, which make values unique.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;
use super::write::Expression;

/// Makes a value unique: the key of the item contains the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Key of the item, which contains the value.
    #[serde(flatten)]
    pub at: Key,
    /// Id of the object that has the value.
    pub owner: String,
}

impl Reservation {
    /// Reserves the value in a key for an owner.
    pub(super) fn new(at: Key, owner: impl Display) -> Self {
        Self { at, owner: owner.to_string() }
    }

    /// Returns the id of the owner.
    ///
    /// # Errors
    ///
    /// Fails if the owner is of another kind.
    pub fn owner_id<I: FromStr>(&self) -> Result<I, Error> {
        parse_owner(&self.owner)
    }
}

fn parse_owner<I: FromStr>(owner: &str) -> Result<I, Error> {
    owner.parse().map_err(|_| Error::Internal("a value belongs to an owner of another kind".to_owned()))
}

impl Entity for Reservation {
    const NAME: &'static str = "reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Makes a person's e-mail unique among the customers of an organization or the members of a partner, and proves that
/// the person is on record there. A disabled person keeps the e-mail, but proves nothing: `owner`, `manager` and
/// `removals`, on which conditions depend, are then stored elsewhere in the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailReservation {
    /// Key of the item, which contains the e-mail.
    #[serde(flatten)]
    at: Key,
    /// The person, unless it is disabled.
    #[serde(flatten)]
    enabled: EmailOwner,
    /// The person while it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled: Option<EmailOwner>,
}

/// Person who has an e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailOwner {
    /// Id of the customer or member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    /// Whether the customer is a contact manager, or the member an admin. Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) manager: bool,
    /// For a member: number of members with this e-mail that the partner had removed before. Absent for a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) removals: Option<u64>,
}

impl EmailReservation {
    /// Reserves the e-mail in a key for a person.
    pub(super) fn new(at: Key, person: EmailOwner, is_disabled: bool) -> Self {
        match is_disabled {
            true => Self { at, enabled: EmailOwner::default(), disabled: Some(person) },
            false => Self { at, enabled: person, disabled: None },
        }
    }

    /// Returns the id of the person who is on record with the e-mail; `None` if the person is disabled.
    ///
    /// # Errors
    ///
    /// Fails if the person is of another kind.
    pub fn person<I: FromStr>(&self) -> Result<Option<I>, Error> {
        self.enabled.owner.as_deref().map(parse_owner).transpose()
    }

    /// Returns whether a person is on record with the e-mail. A disabled person is not.
    pub fn is_on_record(&self) -> bool {
        self.enabled.owner.is_some()
    }

    /// Returns whether the person on record is a contact manager or an admin. A disabled person is neither.
    pub fn is_manager(&self) -> bool {
        self.enabled.manager
    }

    /// Returns the id of the person who has the e-mail, disabled or not; it proves nothing about the person.
    ///
    /// # Errors
    ///
    /// Fails if the person is of another kind.
    pub fn holder<I: FromStr>(&self) -> Result<I, Error> {
        parse_owner(self.holder_text())
    }

    /// Returns the id of the person who has the e-mail, disabled or not, as a text for messages.
    pub fn holder_text(&self) -> &str {
        self.any().owner.as_deref().unwrap_or_default()
    }

    /// Returns the person who has the e-mail, disabled or not.
    pub(super) fn any(&self) -> &EmailOwner {
        self.disabled.as_ref().unwrap_or(&self.enabled)
    }
}

/// Returns the condition that an e-mail belongs to this person, disabled or not.
pub fn is_held_by(person: impl Display) -> Expression {
    Expression::new("#owner = :owner OR #disabled.#owner = :owner").text("owner", person.to_string())
}

impl Entity for EmailReservation {
    const NAME: &'static str = "email-reservation";
    const PROOF: &'static str = "owner";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// An item that makes a value unique and states its owner in the attribute `owner`.
pub trait Owned: Entity {}

impl Owned for Reservation {}

impl Owned for EmailReservation {}

/// Returns the giver of an external id, as a segment of a key: a party's id, or `VENDOR`. External ids are unique per
/// giver.
pub(super) fn creator(party: Option<impl Display>) -> String {
    party.map_or_else(|| "VENDOR".to_owned(), |party| party.to_string())
}
