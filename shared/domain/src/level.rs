//! Access levels, and the actions that require them.

use crate::words::words;

words! {
    /// Access level of a partner's members in an organization. Each level includes all levels before it.
    pub enum Level {
        /// Allows viewing single service requests: those that the member submitted or is a contact of.
        Cc = "cc",
        /// Allows viewing all service requests of the organization, and receiving mail about them.
        Look = "look",
        /// Allows updating service requests and being their primary contact.
        Update = "update",
        /// Allows submitting service requests of kind `incident`, `question` and `change`.
        Create = "create",
        /// Allows submitting service requests of every kind.
        ServiceAdmin = "service-admin",
        /// Allows managing the organization's customers.
        FullAdmin = "full-admin",
    }
}

/// Action for an organization that requires an access level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessAction {
    /// View a service request that the member submitted or is a contact of.
    SeeSingle,
    /// View any service request of the organization, and receive mail about them.
    SeeAll,
    /// Update a service request, or be its primary contact.
    Update,
    /// Submit a service request of an unrestricted kind.
    Submit,
    /// Submit a service request of a restricted kind.
    SubmitRestricted,
    /// Manage the organization's customers.
    ManageCustomers,
}

impl Level {
    /// Returns whether the level allows the action.
    pub fn allows(self, action: AccessAction) -> bool {
        self >= action.required_level()
    }
}

impl AccessAction {
    /// Returns the lowest level that allows the action. Only this function defines what the levels allow.
    pub fn required_level(self) -> Level {
        match self {
            Self::SeeSingle => Level::Cc,
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
            AccessAction::SeeSingle,
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
