//! How far access goes, and what it is needed for.

use crate::words::words;

words! {
    /// How far access goes. Each level opens what the ones before it open.
    pub enum Level {
        /// Sees the service requests to which the person was added, one at a time.
        Cc = "cc",
        /// Sees all service requests of the organization, and gets the site's mail.
        Look = "look",
        /// Updates them, and may be their primary contact.
        Update = "update",
        /// Submits service requests for the organization.
        Create = "create",
        /// Submits also the kinds that are kept for the primary contact.
        ServiceAdmin = "service-admin",
        /// Manages the organization's customers.
        FullAdmin = "full-admin",
    }
}

/// What somebody wants to do that access opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessAction {
    /// See a service request to which the person was added.
    SeeWhereAdded,
    /// See any service request of the organization, and get the site's mail.
    SeeAll,
    /// Update a service request, or be its primary contact.
    Update,
    /// Submit a service request of a kind that anyone may submit who may submit at all.
    Submit,
    /// Submit one of a kind that is kept for the primary contact.
    SubmitRestricted,
    /// Manage the organization's customers.
    ManageCustomers,
}

impl Level {
    /// Whether the level opens this.
    pub fn allows(self, action: AccessAction) -> bool {
        self >= action.required_level()
    }
}

impl AccessAction {
    /// The lowest level that opens it. Nothing else says what a level is good for.
    pub fn required_level(self) -> Level {
        match self {
            Self::SeeWhereAdded => Level::Cc,
            Self::SeeAll => Level::Look,
            Self::Update => Level::Update,
            Self::Submit => Level::Create,
            Self::SubmitRestricted => Level::ServiceAdmin,
            Self::ManageCustomers => Level::FullAdmin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_allows_one_more_action_than_the_level_below() {
        let actions = [
            AccessAction::SeeWhereAdded,
            AccessAction::SeeAll,
            AccessAction::Update,
            AccessAction::Submit,
            AccessAction::SubmitRestricted,
            AccessAction::ManageCustomers,
        ];
        for (opened, level) in (1..).zip(Level::ALL) {
            let allowed: Vec<_> = actions.into_iter().filter(|action| level.allows(*action)).collect();
            assert_eq!(allowed, actions[..opened], "{level:?}");
        }
    }
}
