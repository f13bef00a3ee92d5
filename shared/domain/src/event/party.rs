//! Events of partners, organizations and their people.

use super::data::event_data;
use crate::id::{CustomerId, MemberId};
use crate::party::EntryOrigin;
use crate::text::{ExternalId, Name};
use crate::time::{TimeZone, Timestamp};

event_data! {
    /// Recorded in the partner's log when a partner is created.
    PartnerCreated {
        /// Name of the partner; 1 to 200 characters.
        name: Name,
        /// The vendor's id of the partner; 1 to 100 characters. Absent if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    }

    /// Recorded in the organization's log when an organization is created.
    OrganizationCreated {
        /// Name of the organization; 1 to 200 characters. Its external id is left out, because only its creator may see
        /// it.
        name: Name,
        /// IANA time zone of the organization, such as `Asia/Tokyo`; absent if there is none, and UTC applies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<TimeZone>,
    }

    /// Recorded in the logs of the partner and the organization when an organization is added to the partner's directory,
    /// also when it is added again after its removal.
    PartnerOrganizationAdded {
        /// Name of the organization at that time; 1 to 200 characters.
        name: Name,
        /// Reason for which the organization was added: by an `operator`, by its `creation`, by an `order` of the
        /// partner, by the `transfer` of a subscription to the partner, or by the
        /// `restoration` of the organization. Absent in events that are older than this field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<EntryOrigin>,
    }

    /// Recorded when a customer is created: in the organization's log, or in the vendor's log if the customer belongs
    /// to no organization.
    CustomerCreated {
        /// Id of the customer.
        customer_id: CustomerId,
        /// Whether the customer is a contact manager.
        manager: bool,
    }

    /// Recorded when the name of a customer changes: in the organization's log, or in the vendor's log if the customer
    /// belongs to no organization.
    CustomerUpdated {
        /// Id of the customer.
        customer_id: CustomerId,
    }

    /// Recorded in the organization's log when a customer becomes a contact manager, or stops being one.
    ContactManagerChanged {
        /// Id of the customer.
        customer_id: CustomerId,
        /// Whether the customer is a contact manager after the change.
        manager: bool,
    }

    /// Recorded when a customer is removed: in the organization's log, or in the vendor's log if the customer belongs
    /// to no organization.
    CustomerRemoved {
        /// Id of the customer.
        customer_id: CustomerId,
    }

    /// Recorded in the partner's log when a member is added.
    MemberAdded {
        /// Id of the member.
        member_id: MemberId,
        /// Whether the member is an admin of the partner.
        admin: bool,
    }

    /// Recorded in the partner's log when a member is removed. All access of the member ends.
    MemberRemoved {
        /// Id of the member.
        member_id: MemberId,
    }

    /// Recorded in the organization's log when the time zone of an organization changes.
    OrganizationUpdated {
        /// IANA time zone after the change, such as `Asia/Tokyo`; absent if there is none, and UTC applies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<TimeZone>,
    }

    /// Recorded in the logs of the partner and the organization when an organization is removed from the partner's
    /// directory.
    PartnerOrganizationRemoved {
        /// Name of the organization at that time; 1 to 200 characters.
        name: Name,
    }

    /// Recorded when a customer is disabled: in the organization's log, or in the vendor's log if the customer belongs
    /// to no organization. The record gives no right until the customer is enabled.
    CustomerDisabled {
        /// Id of the customer.
        customer_id: CustomerId,
    }

    /// Recorded when a customer is enabled: in the organization's log, or in the vendor's log if the customer belongs
    /// to no organization.
    CustomerEnabled {
        /// Id of the customer.
        customer_id: CustomerId,
    }

    /// Recorded in the partner's log when a member is disabled. The record gives no right until the member is enabled.
    MemberDisabled {
        /// Id of the member.
        member_id: MemberId,
    }

    /// Recorded in the partner's log when a disabled member is enabled.
    MemberEnabled {
        /// Id of the member.
        member_id: MemberId,
    }

    /// Recorded in the partner's log when a partner is deactivated. Events of what ends with it follow.
    PartnerDeactivated {
        /// Time until which an operator can restore the partner, exclusive; RFC 3339, UTC.
        restorable_until: Timestamp,
    }

    /// Recorded in the partner's log when a deactivated partner is restored, before the events of what is brought back;
    /// also when a deactivation is withdrawn because something that must be decided first came up during it.
    PartnerRestored {
        /// Time at which the partner was deactivated; RFC 3339, UTC.
        deactivated_at: Timestamp,
    }

    /// Recorded in the organization's log when an organization is deactivated. Events of what ends with it follow.
    OrganizationDeactivated {
        /// Time until which an operator can restore the organization, exclusive; RFC 3339, UTC.
        restorable_until: Timestamp,
    }

    /// Recorded in the organization's log when a deactivated organization is restored, before the events of what is
    /// brought back; also when a deactivation is withdrawn because something that must be decided first came up during it.
    OrganizationRestored {
        /// Time at which the organization was deactivated; RFC 3339, UTC.
        deactivated_at: Timestamp,
    }

    /// Recorded when a customer leaves an organization, or the customers of none, for another organization or none: in the
    /// organization's log, or in the vendor's log if the customer belonged to none. All its roles there end.
    CustomerMovedOut {
        /// Id of the customer.
        customer_id: CustomerId,
    }

    /// Recorded when a customer arrives in an organization, or among the customers of none: in the organization's log, or in
    /// the vendor's log if the customer belongs to none.
    CustomerMovedIn {
        /// Id of the customer.
        customer_id: CustomerId,
    }
    /// Recorded in the partner's log when a member changes its name, language or time zone.
    MemberUpdated {
        /// Id of the member.
        member_id: MemberId,
    }

    /// Recorded in the vendor's log when an operator or agent changes its name, language or time zone.
    StaffUpdated {
        /// Subject (`sub`) of the token of the person.
        subject: String,
    }
}
