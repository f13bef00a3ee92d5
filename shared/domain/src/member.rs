//! Members: a partner's people, on record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{EventKind, NewEvent};
use crate::id::{MemberId, PartnerId};
use crate::party::Metadata;
use crate::text::{Email, Name};
use crate::time::Timestamp;

/// A person who works for a partner. Without this record nobody uses a partner's access, whatever a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its id. Who is added again has another, and nothing that was given to the one before.
    pub id: MemberId,
    /// The partner.
    pub partner_id: PartnerId,
    /// Its e-mail, unique in the partner.
    pub email: Email,
    /// What people call it.
    pub name: Name,
    /// Whether it manages the partner's members, and asks for access for others.
    pub admin: bool,
    /// Since when it is no member any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Member {
    /// What happened to it: its partner's business.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_partner(kind, self.partner_id)
    }
}
