//! `search-people`

use api_runtime::table::{BatchGet, CustomersByEmail, MembersByEmail, NamePart, NameScope};
use api_runtime::{Context, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::fault::{Check, Validated};
use domain::{Actor, Email, Faults, NameQuery, ParseError, PersonRef, Role};
use schemars::JsonSchema;

use super::record::{PersonRecord, PersonRecordView, views};
use crate::person_names::People;

/// Searches customers and members by name or e-mail.
pub struct SearchPeople;

/// The name or e-mail to look for; exactly one of both.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchPeopleQuery {
    /// Name to search for, as in `list-organizations`: 1 to 200 characters. Required without `email`.
    #[deserr(default)]
    name: Option<NameQuery>,
    /// E-mail of the person, at most 254 bytes; compared without regard to case. Required without `name`.
    #[deserr(default)]
    email: Option<Email>,
}

impl Check for SearchPeopleQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let fault = match (sent.get("name").is_some(), sent.get("email").is_some()) {
            (true, true) => {
                Some(("/email", ParseError::new("not-with-name", "cannot be combined with `name`")))
            }
            (false, false) => Some(("/name", ParseError::new("missing", "is required, or `email`"))),
            _ => None,
        };
        fault.map(|(at, fault)| (at.to_owned(), fault)).into_iter().collect()
    }
}

impl Operation for SearchPeople {
    const NAME: &str = "search-people";
    const SUMMARY: &str = "Search customers and partner members";
    const DESCRIPTION: &str = "Operators and agents search the customers and members of all organizations and \
        partners by `name` or by `email`. One person may have several records; removed ones are omitted, \
        disabled ones are not. With `name`, the best matches of a page come first, and a page may contain \
        fewer items than `pageSize`, or none, although `nextPageToken` is present. The list is eventually \
        consistent.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/people", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Validated<SearchPeopleQuery>;
    type Body = Empty;
    type Output = List<PersonRecordView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<PersonRecordView>>, Failure> {
        let Request { context, query: Validated(SearchPeopleQuery { name, email }), .. } = request;
        let List { items, next_page_token } = match (name, email) {
            (Some(name), _) => by_name(context, name).await?,
            (None, Some(email)) => context.page_of_all(by_email(context, email).await?),
            (None, None) => List { items: Vec::new(), next_page_token: None },
        };
        Ok(Reply::ok(List { items: views(context, items).await?, next_page_token }))
    }
}

/// Returns a page of the customers and members whose name matches.
async fn by_name(context: &Context<'_>, name: &NameQuery) -> Result<List<PersonRecord>, Failure> {
    let List { items, next_page_token } = context.search_names(NameScope::People, name).await?;
    let person = |part: &NamePart| match part.id() {
        Ok(member) => Ok(PersonRef::Member(member)),
        Err(_) => part.id().map(PersonRef::Customer),
    };
    let people = items.iter().map(person).collect::<Result<Vec<_>, _>>()?;
    let mut wanted = BatchGet::new();
    People::want(&mut wanted, people.iter().cloned());
    let found = context.table.fetch(wanted, false).await?;
    let mut items = Vec::new();
    for person in &people {
        items.extend(PersonRecord::among(&found, person)?.filter(PersonRecord::is_present));
    }
    Ok(List { items, next_page_token })
}

/// Returns all customers and members with an e-mail, each with its id to sort by.
pub(super) async fn by_email(
    context: &Context<'_>,
    email: &Email,
) -> Result<Vec<(String, PersonRecord)>, Failure> {
    let (customers, members) = (CustomersByEmail(email.clone()), MembersByEmail(email.clone()));
    let customers = context.table.list(&customers, false);
    let members = context.table.list(&members, false);
    let (customers, members) = tokio::try_join!(customers, members)?;
    let customers = customers.into_iter().map(PersonRecord::Customer);
    let records = customers.chain(members.into_iter().map(PersonRecord::Member));
    Ok(records.map(|record| (record.id(), record)).collect())
}
