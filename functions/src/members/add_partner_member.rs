//! `add-partner-member`

use api_runtime::table::{CountOfRemovals, EmailInPartner, EmailReservation, count};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, PartnerPath, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::event::MemberAdded;
use domain::{Actor, Email, ErrorKind, Faults, Member, Metadata, Name, Role};
use schemars::JsonSchema;

use super::view::MemberView;
use crate::authority::own_record::require_admin;
use crate::party::require_active_partner;

/// Adds a member to a partner.
pub struct AddPartnerMember;

const EMAIL_TAKEN: ErrorKind =
    ErrorKind::state("email-taken", "another member of the partner has this e-mail");

/// A member to be added.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddPartnerMemberBody {
    /// E-mail of the member, at most 254 bytes; unique among the partner's members, regardless of case.
    email: Email,
    /// Name of the member; 1 to 200 characters.
    name: Name,
    /// Whether the member is a partner admin, who manages the partner's members and requests access for others.
    /// Default: `false`.
    #[deserr(default)]
    #[schemars(default)]
    admin: bool,
}

impl Operation for AddPartnerMember {
    const NAME: &str = "add-partner-member";
    const SUMMARY: &str = "Add a member to a partner";
    const DESCRIPTION: &str = "Operators and the partner's admins add members; the first member of a partner \
        is added by an operator, because only an admin on record has authority. Only members on record can \
        use the partner's access. A person who was removed and is added again has a new id and none of the \
        individual grants from before the removal. Records `member.added`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/partners/{partnerId}/members", &[Role::Operator, Role::PartnerAdmin])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[EMAIL_TAKEN, PARTNER_DEACTIVATED];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Json<AddPartnerMemberBody>;
    type Output = MemberView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<MemberView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (PartnerPath { partner_id }, Json(AddPartnerMemberBody { email, name, admin })) = (path, body);
        let mut member = Member {
            id: context.id(),
            partner_id: *partner_id,
            email: email.clone(),
            name: name.clone(),
            admin: *admin,
            removals: 0,
            removed_at: None,
            disabled_at: None,
            disabled_by_deactivation: false,
            language: None,
            time_zone: None,
            erased_at: None,
            metadata: Metadata::new(context.now),
        };
        let mut change = Change::new();
        if !actor.is_staff() && actor.email.as_ref() == Some(email) {
            actor.authorize_partner(*partner_id)?;
            // The call would create the very record that has to prove the caller's authority: if an admin's record
            // exists, the e-mail is taken; otherwise the caller has no authority.
            change.reject_by_stored(&EmailInPartner(*partner_id, email.clone()), |holder| match holder {
                Some(own) if own.is_manager() => {
                    ConditionFailure::held_by(&EMAIL_TAKEN, own.holder_text(), &[&"email"])
                }
                _ => ConditionFailure::NotFound,
            });
            return context.commit(change, Answer::ok(member.into())).await;
        }
        require_admin(&mut change, actor, *partner_id, None)?;
        require_active_partner(&mut change, *partner_id, None);
        // A grant to an e-mail is bound to the record that is added after this number of removals, so the number is
        // stored with the record and must be unchanged at commit.
        let removals = CountOfRemovals(*partner_id, email.clone());
        let count = context.table.get(&removals).await?.map_or(0, |known| known.count);
        change.require_that(&removals, count::equals(count), |_| ConditionFailure::Stale);
        member.removals = count;
        change.create(&member)?;
        change.follow_name(None, &member, context.now)?;
        change.create_or_reject(&EmailReservation::of_member(&member), |holder| {
            ConditionFailure::held_by(&EMAIL_TAKEN, holder.holder_text(), &[&"email"])
        })?;
        change.record(member.event(MemberAdded { member_id: member.id, admin: *admin }));

        let location = format!("/v1/partners/{partner_id}/members/{}", member.id);
        context.commit(change, Answer::created(location, member.into())).await
    }
}
