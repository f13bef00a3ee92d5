//! The kinds of service requests, how far they are, and what people are to them.

use crate::level::AccessAction;
use crate::words::words;

words! {
    /// What a service request is about.
    pub enum ServiceRequestKind {
        /// Something does not work.
        Incident = "incident",
        /// Somebody wants to know something.
        Question = "question",
        /// Something is to be another than it is.
        Change = "change",
        /// A site is to be set up otherwise.
        Configuration = "configuration",
        /// A site is to be deleted.
        SiteDeletion = "site-deletion",
        /// Somebody is to get access to a site.
        Access = "access",
    }
}

impl ServiceRequestKind {
    /// What somebody does who submits one for an organization that is not its own.
    pub fn submitting(self) -> AccessAction {
        match self {
            Self::Incident | Self::Question | Self::Change => AccessAction::Submit,
            Self::Configuration | Self::SiteDeletion | Self::Access => AccessAction::SubmitRestricted,
        }
    }
}

words! {
    /// How far a service request is.
    pub enum ServiceRequestStatus {
        /// The vendor has to do something.
        Open = "open",
        /// Who submitted it has to do something.
        Waiting = "waiting",
        /// It is done, as far as the vendor knows.
        Solved = "solved",
        /// It is over.
        Closed = "closed",
    }
}

impl ServiceRequestStatus {
    /// Whether nobody has to do anything.
    pub fn is_solved(self) -> bool {
        matches!(self, Self::Solved | Self::Closed)
    }

    /// Whether it can become this by somebody's word: whatever is closed is so until an agent reopens it.
    pub fn can_become(self, other: Self, agent: bool) -> bool {
        self != Self::Closed || other == Self::Closed || agent
    }
}

words! {
    /// What a contact is to a service request.
    pub enum ContactRole {
        /// One of those who are kept informed.
        Additional = "additional",
        /// The one whom the vendor turns to.
        Primary = "primary",
    }
}

impl ContactRole {
    /// What a partner's member does who is such a contact.
    pub fn action(self) -> AccessAction {
        match self {
            Self::Additional => AccessAction::SeeWhereAdded,
            Self::Primary => AccessAction::Update,
        }
    }
}
