//! Disabling and enabling of members. A disabled member keeps its record, e-mail and individual grants, but the record
//! gives no right until the member is enabled.

use api_runtime::table::EmailReservation;
use api_runtime::{Answer, Change, Context, Failure, Reply};
use domain::event::{MemberDisabled, MemberEnabled};
use domain::{Actor, Member, Problem};

use super::MemberPath;
use super::view::MemberView;
use crate::authority::own_record::require_admin;
use crate::party::require_active_partner;

/// Disables or enables a member. Idempotent.
pub(super) async fn set_disabled(
    context: &Context<'_>,
    actor: &Actor,
    path: &MemberPath,
    is_disabled: bool,
) -> Result<Reply<MemberView>, Failure> {
    let MemberPath { partner_id, member_id } = *path;
    actor.authorize_partner(partner_id)?;
    let before = path.read(context).await?;
    let (seen, mut change) = (before.metadata.version, Change::new());
    require_admin(&mut change, actor, partner_id, Some(&before))?;
    if before.removed_at.is_some() {
        return Err(Problem::not_found().into());
    }
    if is_disabled && before.disabled_by_deactivation {
        // From now on, the person is disabled on its own account, so the restoration leaves it.
        let (disabled_by_deactivation, metadata) = (false, before.metadata.next(context.now));
        let member = Member { disabled_by_deactivation, metadata, ..before };
        change.replace(&member, seen, context.if_match())?;
        change.record(member.event(MemberDisabled { member_id }));
        return context.commit(change, Answer::ok(member.into())).await;
    }
    if before.disabled_at.is_some() == is_disabled {
        change.confirm(&before, seen, context.if_match())?;
        return context.commit(change, Answer::ok(before.into())).await;
    }
    let (disabled_at, metadata) = (is_disabled.then_some(context.now), before.metadata.next(context.now));
    if !is_disabled || !actor.is_staff() {
        require_active_partner(&mut change, partner_id, None);
    }
    let member = Member { disabled_at, disabled_by_deactivation: false, metadata, ..before.clone() };
    change.replace(&member, seen, context.if_match())?;
    change.put(&EmailReservation::of_member(&member))?;
    change.record(match is_disabled {
        true => member.event(MemberDisabled { member_id }),
        false => member.event(MemberEnabled { member_id }),
    });
    context.commit(change, Answer::ok(member.into())).await
}
