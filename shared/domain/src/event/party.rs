//! What happens to partners, organizations and their people.

use super::data::event_data;
use crate::id::{CustomerId, MemberId};
use crate::text::{ExternalId, Name};
use crate::time::TimeZone;

event_data! {
    /// A partner exists.
    PartnerCreated {
        /// Its name.
        name: Name,
        /// The vendor's id for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    }

    /// An organization exists.
    OrganizationCreated {
        /// Its name. Its external id is its creator's own business.
        name: Name,
    }

    /// An organization is in a partner's directory.
    CustomerLinked {
        /// The organization's name then.
        name: Name,
    }

    /// A person is a customer.
    CustomerCreated {
        /// Who.
        customer_id: CustomerId,
        /// Whether it manages the organization's customers.
        manager: bool,
    }

    /// A customer has another name.
    CustomerUpdated {
        /// Who.
        customer_id: CustomerId,
    }

    /// A customer manages the organization's customers, or no longer does.
    ContactManagerChanged {
        /// Who.
        customer_id: CustomerId,
        /// Whether it does now.
        manager: bool,
    }

    /// A person is no customer any more.
    CustomerRemoved {
        /// Who.
        customer_id: CustomerId,
    }

    /// A person is a partner's member.
    MemberAdded {
        /// Who.
        member_id: MemberId,
        /// Whether it manages the partner's members.
        admin: bool,
    }

    /// A person is no member of a partner any more: all its access is over.
    MemberRemoved {
        /// Who.
        member_id: MemberId,
    }

    /// An organization is in another time zone.
    OrganizationUpdated {
        /// In which its days are now; none if in UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<TimeZone>,
    }
}
