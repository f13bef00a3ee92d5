//! Kinds and statuses of service requests, and roles of their contacts.

use crate::level::AccessAction;
use crate::words::words;

words! {
    /// Kind of a service request. A partner's member needs the access level `create` to submit `incident`, `question`
    /// and `change`, and `service-admin` for the other kinds.
    pub enum ServiceRequestKind {
        /// Something does not work.
        Incident = "incident",
        /// Somebody has a question.
        Question = "question",
        /// Something is to be changed.
        Change = "change",
        /// The configuration of a site is to be changed.
        Configuration = "configuration",
        /// A site is to be deleted.
        SiteDeletion = "site-deletion",
        /// Somebody is to get access to a site.
        Access = "access",
    }
}

impl ServiceRequestKind {
    /// Returns the action for which somebody outside the organization needs access to submit this kind.
    pub fn submitting(self) -> AccessAction {
        match self {
            Self::Incident | Self::Question | Self::Change => AccessAction::Submit,
            Self::Configuration | Self::SiteDeletion | Self::Access => AccessAction::SubmitRestricted,
        }
    }
}

words! {
    /// Status of a service request.
    pub enum ServiceRequestStatus {
        /// The vendor has to act.
        Open = "open",
        /// The person who submitted the service request has to act.
        Waiting = "waiting",
        /// The vendor considers the service request solved.
        Solved = "solved",
        /// The service request is closed. Only an agent can reopen it.
        Closed = "closed",
    }
}

impl ServiceRequestStatus {
    /// Returns whether nobody has to act.
    pub fn is_solved(self) -> bool {
        matches!(self, Self::Solved | Self::Closed)
    }

    /// Returns whether an update may set the status `other`: only an agent may change the status `closed`.
    pub fn can_become(self, other: Self, agent: bool) -> bool {
        self != Self::Closed || other == Self::Closed || agent
    }
}

words! {
    /// Role of a contact of a service request.
    pub enum ContactRole {
        /// Person who is kept informed.
        Additional = "additional",
        /// Person whom the vendor contacts.
        Primary = "primary",
    }
}

impl ContactRole {
    /// Returns the action for which a partner's member needs access to have this role.
    pub fn action(self) -> AccessAction {
        match self {
            Self::Additional => AccessAction::SeeSingle,
            Self::Primary => AccessAction::Update,
        }
    }
}
