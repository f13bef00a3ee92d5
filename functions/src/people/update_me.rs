//! `update-me`

use api_runtime::table::{EmailInOrganization, EmailInPartner};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply,
    Request, Route, route,
};
use deserr::Deserr;
use domain::event::{CustomerUpdated, MemberUpdated, StaffUpdated};
use domain::{
    Actor, Customer, Faults, Given, Language, Member, Name, NewEvent, Patch, Problem, Role, StaffRecord,
    TimeZone,
};
use schemars::JsonSchema;

use super::me::{OwnRecord, OwnRecordView};

/// Updates the caller's own record.
pub struct UpdateMe;

/// Changes of the caller's own record. Absent fields stay unchanged.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateMeBody {
    /// New display name; 1 to 200 characters. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    name: Given<Name>,
    /// Language in which the person is addressed: a BCP 47 tag of at most 35 characters, such as `ja`; `null` for none.
    /// Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    language: Patch<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`; `null` for none. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    time_zone: Patch<TimeZone>,
}

impl Operation for UpdateMe {
    const NAME: &str = "update-me";
    const SUMMARY: &str = "Update the caller's name, language and time zone";
    const DESCRIPTION: &str = "Everyone with a token may call it. Changes the caller's own record: the member \
        of the token's partner or the customer of the token's organization with the verified e-mail, or the \
        record of the vendor's staff. A caller without a record, or with a disabled one, gets 404. A new name \
        is shown wherever the person is named, also in the history. Idempotent: a call that changes nothing \
        returns the record as it is. Records `member.updated`, `customer.updated` or `staff.updated`.";
    const ROUTES: &[Route] = &[route(
        Method::Patch,
        "/v1/me",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<UpdateMeBody>;
    type Output = OwnRecordView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<OwnRecordView>, Failure> {
        let Request { context, caller: actor, body: Json(wanted), .. } = request;
        let mut change = Change::new();
        let own = match OwnRecord::read(context).await? {
            None if actor.is_staff() => {
                // The record is made by the first write of an operator or agent, which may be this one.
                let made = StaffRecord::after_call(None, actor, context.now).or_not_found()?;
                OwnRecord::Staff(update_staff(context, &mut change, None, made, wanted)?)
            }
            None => return Err(Problem::not_found().into()),
            Some(OwnRecord::Staff(before)) if before.erased_at.is_some() => {
                return Err(Problem::not_found().into());
            }
            Some(OwnRecord::Staff(before)) => {
                let after = before.clone();
                OwnRecord::Staff(update_staff(context, &mut change, Some(before), after, wanted)?)
            }
            Some(OwnRecord::Member(before)) => {
                let record = EmailInPartner(before.partner_id, before.email.clone());
                change.require_owner(&record, before.id, || ConditionFailure::NotFound);
                OwnRecord::Member(update_member(context, &mut change, before, wanted)?)
            }
            Some(OwnRecord::Customer(before)) => {
                let record = EmailInOrganization(before.organization_id, before.email.clone());
                change.require_owner(&record, before.id, || ConditionFailure::NotFound);
                OwnRecord::Customer(update_customer(context, &mut change, before, wanted)?)
            }
        };
        context.commit(change, Answer::ok(own.into())).await
    }
}

fn update_member(
    context: &Context<'_>,
    change: &mut Change,
    before: Member,
    wanted: &UpdateMeBody,
) -> Result<Member, Failure> {
    let seen = before.metadata.version;
    let mut member = Member {
        name: wanted.name.over(before.name.clone()),
        language: wanted.language.over(before.language.clone()),
        time_zone: wanted.time_zone.over(before.time_zone),
        ..before.clone()
    };
    if member == before {
        change.confirm(&before, seen, context.if_match())?;
        return Ok(before);
    }
    member.metadata = before.metadata.next(context.now);
    change.replace(&member, seen, context.if_match())?;
    change.follow_name(Some(&before), &member, context.now)?;
    change.record(member.event(MemberUpdated { member_id: member.id }));
    Ok(member)
}

fn update_customer(
    context: &Context<'_>,
    change: &mut Change,
    before: Customer,
    wanted: &UpdateMeBody,
) -> Result<Customer, Failure> {
    let seen = before.metadata.version;
    let mut customer = Customer {
        name: wanted.name.over(before.name.clone()),
        language: wanted.language.over(before.language.clone()),
        time_zone: wanted.time_zone.over(before.time_zone),
        ..before.clone()
    };
    if customer == before {
        change.confirm(&before, seen, context.if_match())?;
        return Ok(before);
    }
    customer.metadata = before.metadata.next(context.now);
    change.replace(&customer, seen, context.if_match())?;
    change.follow_name(Some(&before), &customer, context.now)?;
    change.record(customer.event(CustomerUpdated { customer_id: customer.id }));
    Ok(customer)
}

/// `before` is the stored record, if there is one; `made` is it, or the one that the token describes.
fn update_staff(
    context: &Context<'_>,
    change: &mut Change,
    before: Option<StaffRecord>,
    made: StaffRecord,
    wanted: &UpdateMeBody,
) -> Result<StaffRecord, Failure> {
    let mut staff = StaffRecord {
        name: wanted.name.get().cloned().or(made.name.clone()),
        language: wanted.language.over(made.language.clone()),
        time_zone: wanted.time_zone.over(made.time_zone),
        ..made.clone()
    };
    let is_changed = staff != made;
    match before {
        None => change.create_or_retry(&staff, context.if_match())?,
        Some(before) if !is_changed => {
            change.confirm(&before, before.metadata.version, context.if_match())?;
            return Ok(before);
        }
        Some(before) => {
            staff.metadata = before.metadata.next(context.now);
            change.replace(&staff, before.metadata.version, context.if_match())?;
        }
    }
    if is_changed {
        let updated = StaffUpdated { subject: staff.subject.clone() };
        change.record(NewEvent::of_vendor(updated).about(staff.metadata));
    }
    Ok(staff)
}
