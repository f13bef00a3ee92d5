//! Access of partners in organizations.

use domain::{Access, Email, OrganizationId, PartnerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{Index, patterns};
use super::person::person_by_email_key;

/// Prefix of the sort keys of access.
pub(super) const ACCESS: &str = "ACCESS#";

impl Entity for Access {
    const NAME: &'static str = "access";

    fn key(&self) -> Key {
        access_key(self.organization_id, self.partner_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(access_of_partner_key(self.partner_id, self.organization_id))
    }

    fn due(&self) -> Option<Timestamp> {
        Access::due(self)
    }
}

/// Mention of the e-mail to which a grant is given that names no member, by which the grant is found when the e-mail is to be
/// erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GranteeMention {
    /// Organization in which access was granted.
    pub organization_id: OrganizationId,
    /// Partner to which access was granted.
    pub partner_id: PartnerId,
    /// E-mail to which the grant is given.
    pub email: Email,
}

impl Entity for GranteeMention {
    const NAME: &'static str = "grantee-mention";

    fn key(&self) -> Key {
        grantee_mention_key(self.organization_id, self.partner_id, &self.email)
    }

    fn by_facet(&self) -> Option<Key> {
        let place = format!("grantee#{}#{}", self.organization_id, self.partner_id);
        Some(person_by_email_key(&self.email, place))
    }
}

patterns! {
    /// all grants of a partner in an organization
    lookup AccessIn(organization: OrganizationId, partner: PartnerId) -> Access {
        access_key(*organization, *partner),
        "`ORG#<organization>` · `ACCESS#<partner>`"
    }
    /// the grants of all partners in an organization
    list AccessInOrganization(organization: OrganizationId) -> Access {
        Index::Table, organization_partition(*organization), ACCESS,
        "`ORG#<organization>` · `ACCESS#…`"
    }
    /// the grants of a partner in all organizations
    list AccessOfPartner(partner: PartnerId) -> Access {
        Index::ByKey, partner_partition(*partner), ACCESS,
        "in `by-key` `PARTNER#<partner>` · `ACCESS#…`"
    }
}

/// Returns the key of a partner's access in an organization.
pub(super) fn access_key(organization: OrganizationId, partner: PartnerId) -> Key {
    Key::new(organization_partition(organization), format!("{ACCESS}{partner}"))
}

/// Returns the key of the same item in `by-key`, among the partner's access in all organizations.
pub fn access_of_partner_key(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{ACCESS}{organization}"))
}

/// Returns the key of the mention of an e-mail to which access was granted.
pub(super) fn grantee_mention_key(organization: OrganizationId, partner: PartnerId, email: &Email) -> Key {
    Key::new(organization_partition(organization), format!("GRANTEE#{partner}#{}", segment(email.folded())))
}
