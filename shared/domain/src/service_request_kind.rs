//! The kinds of service requests, how far they are, and what people are to them.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::level::AccessAction;

/// What a service request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "kebab-case")]
#[deserr(error = Faults)]
pub enum ServiceRequestKind {
    /// Something does not work.
    #[deserr(rename = "incident")]
    Incident,
    /// Somebody wants to know something.
    #[deserr(rename = "question")]
    Question,
    /// Something is to be another than it is.
    #[deserr(rename = "change")]
    Change,
    /// A site is to be set up otherwise.
    #[deserr(rename = "configuration")]
    Configuration,
    /// A site is to be deleted.
    #[deserr(rename = "site-deletion")]
    SiteDeletion,
    /// Somebody is to get access to a site.
    #[deserr(rename = "access")]
    Access,
}

impl ServiceRequestKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Incident, Self::Question, Self::Change, Self::Configuration, Self::SiteDeletion, Self::Access];

    /// The kind as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Question => "question",
            Self::Change => "change",
            Self::Configuration => "configuration",
            Self::SiteDeletion => "site-deletion",
            Self::Access => "access",
        }
    }

    /// What somebody does who submits one for an organization that is not its own.
    pub fn submitting(self) -> AccessAction {
        match self {
            Self::Incident | Self::Question | Self::Change => AccessAction::Submit,
            Self::Configuration | Self::SiteDeletion | Self::Access => AccessAction::SubmitRestricted,
        }
    }
}

/// How far a service request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "kebab-case")]
#[deserr(error = Faults, rename_all = lowercase)]
pub enum ServiceRequestStatus {
    /// The vendor has to do something.
    Open,
    /// Who submitted it has to do something.
    Waiting,
    /// It is done, as far as the vendor knows.
    Solved,
    /// It is over.
    Closed,
}

impl ServiceRequestStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Waiting, Self::Solved, Self::Closed];

    /// The status as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }

    /// Whether nobody has to do anything.
    pub fn is_solved(self) -> bool {
        matches!(self, Self::Solved | Self::Closed)
    }

    /// Whether it can become this by somebody's word: whatever is closed is so until an agent reopens it.
    pub fn can_become(self, other: Self, agent: bool) -> bool {
        self != Self::Closed || other == Self::Closed || agent
    }
}

/// What a contact is to a service request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "kebab-case")]
#[deserr(error = Faults, rename_all = lowercase)]
pub enum ContactRole {
    /// One of those who are kept informed.
    Additional,
    /// The one whom the vendor turns to.
    Primary,
}

impl ContactRole {
    /// What a partner's member does who is such a contact.
    pub fn act(self) -> AccessAction {
        match self {
            Self::Additional => AccessAction::SeeWhereAdded,
            Self::Primary => AccessAction::Update,
        }
    }
}
