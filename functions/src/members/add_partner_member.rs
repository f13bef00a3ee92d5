//! `add-partner-member`

use api_runtime::table::{CountOfRemovals, EmailInPartner, PartnerById, Reservation, count};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, PartnerPath, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::event::MemberAdded;
use domain::{Actor, Email, ErrorKind, Faults, Member, Metadata, Name, Role};
use schemars::JsonSchema;

use crate::authority::own_record::require_admin;

/// Puts a person on a partner's record.
pub struct AddPartnerMember;

const EMAIL_TAKEN: ErrorKind =
    ErrorKind::state("email-taken", "another member of the partner has this e-mail");

/// A member to be.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddPartnerMemberBody {
    /// Unique in the partner.
    email: Email,
    /// What people call the person.
    name: Name,
    /// Whether the person manages the partner's members, and asks for access for others.
    #[deserr(default)]
    #[schemars(default)]
    admin: bool,
}

impl Operation for AddPartnerMember {
    const NAME: &str = "add-partner-member";
    const ABOUT: &str = "Puts a person on a partner's record: only who is there uses its access. The first is an operator's to add.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/partners/{partnerId}/members", &[Role::Operator, Role::PartnerAdmin])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[EMAIL_TAKEN];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Json<AddPartnerMemberBody>;
    type Output = Member;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Member>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (PartnerPath { partner_id }, Json(AddPartnerMemberBody { email, name, admin })) = (path, body);
        let member = Member {
            id: context.id(),
            partner_id: *partner_id,
            email: email.clone(),
            name: name.clone(),
            admin: *admin,
            removed_at: None,
            metadata: Metadata::new(context.now),
        };
        let mut change = Change::new();
        if !actor.is_staff() && actor.email.as_ref() == Some(email) {
            actor.authorize_partner(*partner_id)?;
            // The record they want to make is the one that would have to say that they may.
            change.forbid(&EmailInPartner(*partner_id, email.clone()), |holder| match holder {
                Some(own) if own.manager => ConditionFailure::held_by(&EMAIL_TAKEN, own.owner, &[&"email"]),
                _ => ConditionFailure::NotFound,
            });
            return context.commit(change, Answer::ok(member)).await;
        }
        require_admin(&mut change, actor, *partner_id, None)?;
        change.require(&PartnerById(*partner_id), || ConditionFailure::NotFound);
        change.create(&member)?;
        // A grant that names the e-mail is bound to the first record since so many removals.
        let removals = CountOfRemovals(*partner_id, email.clone());
        let count = context.table.get(&removals).await?.map_or(0, |known| known.count);
        change.require_that(&removals, count::equals(count), |_| ConditionFailure::Stale);
        change.create_once(&Reservation::member_email(&member, count), |holder| {
            ConditionFailure::held_by(&EMAIL_TAKEN, holder.owner, &[&"email"])
        })?;
        change.record(member.event(MemberAdded { member_id: member.id, admin: *admin }));

        let location = format!("/v1/partners/{partner_id}/members/{}", member.id);
        context.commit(change, Answer::created(location, member)).await
    }
}
