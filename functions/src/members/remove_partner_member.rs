//! `remove-partner-member`

use api_runtime::table::{CountOfRemovals, EmailReservation, count};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route,
    route,
};
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::event::MemberRemoved;
use domain::{Actor, ErrorKind, Member, Role};

use super::MemberPath;
use super::view::MemberView;
use crate::authority::own_record::require_admin;
use crate::party::require_active_partner;

/// Removes a member from a partner.
pub struct RemovePartnerMember;

impl Operation for RemovePartnerMember {
    const NAME: &str = "remove-partner-member";
    const SUMMARY: &str = "Remove a member from a partner";
    const DESCRIPTION: &str = "Operators and the partner's admins remove members; an admin can also remove \
        their own record. The person loses all access at once, in every organization. Irreversible: a person \
        who is added again has a new id and none of the individual grants from before the removal. \
        While the partner is deactivated, only operators may call it (409 `partner-deactivated`). \
        Idempotent: removing a removed member changes nothing. Records `member.removed`.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/partners/{partnerId}/members/{memberId}",
        &[Role::Operator, Role::PartnerAdmin],
    )];
    const ERRORS: &[ErrorKind] = &[PARTNER_DEACTIVATED];

    type Caller = Actor;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = MemberView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<MemberView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let MemberPath { partner_id, member_id } = *path;
        actor.authorize_partner(partner_id)?;
        let before = path.read(context).await?;
        let (seen, mut change) = (before.metadata.version, Change::new());
        let is_removed = before.removed_at.is_some();
        require_admin(&mut change, actor, partner_id, Some(&before))?;
        if is_removed {
            change.confirm(&before, seen, context.if_match())?;
            return context.commit(change, Answer::ok(before.into())).await;
        }
        if !actor.is_staff() {
            require_active_partner(&mut change, partner_id, None);
        }
        let metadata = before.metadata.next(context.now);
        let member = Member { removed_at: Some(context.now), metadata, ..before.clone() };
        change.replace(&member, seen, context.if_match())?;
        change.follow_name(Some(&before), &member, context.now)?;
        change.remove(&EmailReservation::of_member(&before));
        let removals = CountOfRemovals(partner_id, before.email.clone());
        change.update(&removals, count::add(1, u64::MAX), |_| ConditionFailure::Stale);
        change.record(member.event(MemberRemoved { member_id }));
        context.commit(change, Answer::ok(member.into())).await
    }
}
