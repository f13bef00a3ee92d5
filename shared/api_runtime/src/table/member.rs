//! Members of partners.

use domain::access::MemberRecord;
use domain::{Email, Id, Member, MemberId, Name, PartnerId};

use super::count::Count;
use super::error::Error;
use super::item::Entity;
use super::key::{Key, PROFILE, segment, unique};
use super::name_index::{NameScope, NamedRecord};
use super::partner::partner_partition;
use super::pattern::{Index, patterns};
use super::person::{people_with, record_by_email_key};
use super::reservation::{EmailOwner, EmailReservation};

/// Prefix of the keys of members.
pub(super) const MEMBERS: &str = "MEMBER#";

impl Entity for Member {
    const NAME: &'static str = "member";

    fn key(&self) -> Key {
        member_key(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        self.removed_at.is_none().then(|| member_by_email_key(self.partner_id, &self.email))
    }

    fn by_facet(&self) -> Option<Key> {
        record_by_email_key(&self.email, self.id, self.removed_at, self.erased_at)
    }
}

patterns! {
    /// the number of members with an e-mail that a partner has removed
    lookup CountOfRemovals(partner: PartnerId, email: Email) -> Count {
        count_of_removals_key(*partner, email),
        "`PARTNER#<partner>` · `COUNT#REMOVAL#<e-mail>`"
    }
    /// a member
    lookup MemberById(member: MemberId) -> Member {
        member_key(*member),
        "`MEMBER#<member>` · `PROFILE`"
    }
    /// the member of a partner with an e-mail
    lookup EmailInPartner(partner: PartnerId, email: Email) -> EmailReservation {
        member_email_key(*partner, email),
        "`UNIQUE#member-email#<partner>#<e-mail>` · `-`"
    }
    /// the members with an e-mail
    list MembersByEmail(email: Email) -> Member {
        Index::ByFacet, people_with(email), MemberId::PREFIX,
        "in `by-facet` `EMAIL#<e-mail>` · `<member>`"
    }
    /// the members of a partner, by e-mail
    list MembersOfPartner(partner: PartnerId) -> Member {
        Index::ByKey, partner_partition(*partner), MEMBERS,
        "in `by-key` `PARTNER#<partner>` · `MEMBER#<e-mail>`"
    }
}

/// Returns the key of the number of members with an e-mail that a partner has removed.
pub(super) fn count_of_removals_key(partner: PartnerId, email: &Email) -> Key {
    Key::new(partner_partition(partner), format!("COUNT#REMOVAL#{}", segment(email.folded())))
}

/// Returns the key of a member.
pub(super) fn member_key(member: MemberId) -> Key {
    Key::new(format!("{MEMBERS}{member}"), PROFILE)
}

/// Returns the key of a member among those of its partner, by e-mail, in `by-key`.
pub(super) fn member_by_email_key(partner: PartnerId, email: &Email) -> Key {
    Key::new(partner_partition(partner), format!("{MEMBERS}{}", segment(email.folded())))
}

/// Returns the key of the reservation of a member's e-mail in its partner.
pub(super) fn member_email_key(partner: PartnerId, email: &Email) -> Key {
    unique("member-email", format!("{partner}#{}", segment(email.folded())))
}

impl NamedRecord for Member {
    fn record_id(&self) -> String {
        self.id.to_string()
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn name_scopes(&self) -> Vec<NameScope> {
        self.removed_at.is_none().then_some(NameScope::People).into_iter().collect()
    }
}

impl EmailReservation {
    /// Reserves a member's e-mail in its partner.
    pub fn of_member(member: &Member) -> Self {
        let at = member_email_key(member.partner_id, &member.email);
        let owner = Some(member.id.to_string());
        let person = EmailOwner { owner, manager: member.admin, removals: Some(member.removals) };
        Self::new(at, person, member.disabled_at.is_some())
    }

    /// Returns the record of the member that has the e-mail; `None` if the member is disabled.
    ///
    /// # Errors
    ///
    /// Fails if the owner of the reservation is not a member.
    pub fn member_record(&self) -> Result<Option<MemberRecord>, Error> {
        self.is_on_record().then(|| self.any_member_record()).transpose()
    }

    /// Returns the record of the member that has the e-mail, disabled or not; it proves nothing about the member.
    ///
    /// # Errors
    ///
    /// Fails if the owner of the reservation is not a member.
    pub fn any_member_record(&self) -> Result<MemberRecord, Error> {
        Ok(MemberRecord { id: self.holder()?, removals: self.any().removals.unwrap_or_default() })
    }
}
