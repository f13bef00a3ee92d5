//! `list-partner-members`

use std::sync::atomic::AtomicUsize;

use api_runtime::table::{MembersOfPartner, PartnerById};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::{Actor, ErrorKind, Faults, Member, PartnerId, Role};
use schemars::JsonSchema;

use super::view::MemberView;
use crate::party::read_if_visible;
use crate::person_sort::{MOST_SORTED, PersonSort, TOO_MANY_TO_SORT, too_many_to_sort};

/// Lists the members of a partner.
pub struct ListPartnerMembers;

/// Order of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListPartnerMembersQuery {
    /// Order of the list: `email` (the default), `name` (ignoring case, accents and punctuation), or `createdAt` (oldest
    /// first).
    #[deserr(default)]
    sort: Option<PersonSort>,
}

impl Operation for ListPartnerMembers {
    const NAME: &str = "list-partner-members";
    const SUMMARY: &str = "List a partner's members";
    const DESCRIPTION: &str = "The partner's members, operators and agents may call it. Returns the current \
        members in the order of their e-mails, unless `sort` selects another one, for which the partner may have \
        at most 1,000 members (422 `too-many-to-sort`); removed members are omitted. The list is eventually \
        consistent: a change made a moment ago may not be visible yet.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/members",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = ListPartnerMembersQuery;
    type Body = Empty;
    type Output = List<MemberView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<MemberView>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let PartnerPath { partner_id } = *path;
        actor.authorize_partner(partner_id)?;
        let page = find(context, partner_id, query.sort.unwrap_or(PersonSort::Email));
        let page = read_if_visible(context, actor, &PartnerById(partner_id), page).await?;
        let items = page.items.into_iter().map(MemberView::from).collect();
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}

/// Returns the requested page of a partner's members.
async fn find(context: &Context<'_>, partner: PartnerId, sort: PersonSort) -> Result<List<Member>, Failure> {
    let all = MembersOfPartner(partner);
    if sort == PersonSort::Email {
        return context.page(&all, true).await;
    }
    let all = context.table.list_at_most(&all, false, &AtomicUsize::new(MOST_SORTED)).await?;
    let all = all.ok_or_else(too_many_to_sort)?.into_iter();
    let position = |one: &Member| sort.position(&one.name, &one.email, &one.id.to_string());
    Ok(context.page_of_all(all.map(|one| (position(&one), one)).collect()))
}
