//! Names of partners' members, looked up by the ids that access requests and grants contain.

use std::collections::HashMap;

use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, MemberOfPartner};
use domain::{AccessRequest, MemberId, Name, PartnerId};

/// Current names of some members. A removed member has its last name.
#[derive(Debug, Default)]
pub struct MemberNames(HashMap<MemberId, Name>);

impl MemberNames {
    /// Adds the records of these members to a read.
    pub fn want(wanted: &mut BatchGet, members: impl Iterator<Item = (PartnerId, MemberId)>) {
        members.for_each(|(partner, member)| wanted.add(&MemberOfPartner(partner, member)));
    }

    /// Takes the names of these members from the result of a read.
    ///
    /// # Errors
    ///
    /// Never for items that Vouchsafe wrote.
    pub fn among(
        found: &BatchResult,
        members: impl Iterator<Item = (PartnerId, MemberId)>,
    ) -> Result<Self, Failure> {
        let mut names = HashMap::new();
        for (partner, member) in members {
            let record = found.get(&MemberOfPartner(partner, member))?;
            names.extend(record.map(|record| (member, record.name)));
        }
        Ok(Self(names))
    }

    /// Returns the name of a member, if it is known.
    pub fn get(&self, member: MemberId) -> Option<Name> {
        self.0.get(&member).cloned()
    }
}

/// Returns the members whom an access request names: its submitter, and those for whom access is requested.
pub fn members_of(request: &AccessRequest) -> impl Iterator<Item = (PartnerId, MemberId)> + '_ {
    let individuals = request.individuals.iter().map(|one| one.individual.member_id);
    let members = std::iter::once(request.requested_by.member_id).chain(individuals);
    members.map(|member| (request.partner_id, member))
}
