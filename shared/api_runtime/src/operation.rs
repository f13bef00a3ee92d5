//! What an operation is: the one pattern that all of them follow.

use std::fmt::Debug;

use deserr::Deserr;
use domain::{DeploymentKey, Faults, Problem, Reason, Role, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::sheet::Sheet;
use crate::table::{self, IdempotencyRecord};

/// One thing the system does. It is one Lambda function.
pub trait Operation: Sized + Send + Sync + 'static {
    /// Its name everywhere: kebab-case, verb-noun.
    const NAME: &'static str;
    /// What it does, in a sentence.
    const ABOUT: &'static str;
    /// How it is called, and by whom.
    const ROUTES: &'static [Route];
    /// What its function has.
    const SIZE: Size = Size::USUAL;
    /// Whether a call must carry an `Idempotency-Key`.
    const KEY_REQUIRED: bool = false;
    /// Whether it answers 201 when it has made something.
    const CREATES: bool = false;
    /// Whether a POST may say by `If-Match` which version of an object it means to change.
    const TAKES_VERSION: bool = Self::Output::VERSIONED && !Self::CREATES;
    /// Whether it answers 202 when it has taken what can take effect only later.
    const DEFERS: bool = false;
    /// Whether its answer is a page of a list.
    const PAGED: bool = false;
    /// Whether its function derives anything from the deployment's key: a page token, a webhook source's secret. Without,
    /// its function has no key.
    const USES_KEY: bool = Self::PAGED;
    /// The kinds of callers who write by their token alone, and why. To everybody else's writes the caller's own record is a
    /// condition of the transaction; the vendor's staff have none.
    const BY_TOKEN: &'static [(Role, &'static str)] = &[];
    /// The reasons by state (409) and rule (422) for which it, beside what all operations do, refuses.
    const REASONS: &'static [Reason] = &[];

    /// Who calls.
    type Caller: Caller;
    /// What the path names.
    type Path: Parameters;
    /// What the query asks, beside what all lists and writes know.
    type Query: Parameters;
    /// What the body says.
    type Body: Body;
    /// What it answers.
    type Output: Output;

    /// Does it. Called again, with a new `now`, when the table was contended and nothing was written.
    ///
    /// # Errors
    ///
    /// [`Failure`]; nothing has changed then, unless the outcome is unknown.
    fn execute(
        context: &Context<'_>,
        caller: &Self::Caller,
        input: &Input<Self>,
    ) -> impl Future<Output = Result<Answer<Self::Output>, Failure>> + Send;

    /// Adds to an answer, as it is written and kept, the secret that is derived and never kept with it.
    ///
    /// # Errors
    ///
    /// When the answer is not this operation's.
    fn reveal(_key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        Ok(answer)
    }
}

/// What a function has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How long it may take, in seconds.
    pub seconds: u64,
    /// Its memory in megabytes; Lambda gives it a processor for every 1,769.
    pub megabytes: u64,
}

impl Size {
    /// What most have.
    pub const USUAL: Self = Self { seconds: 10, megabytes: 256 };
}

/// What a call says, parsed.
pub struct Input<O: Operation> {
    /// From the path.
    pub path: O::Path,
    /// From the query.
    pub query: O::Query,
    /// From the body.
    pub body: O::Body,
}

/// Parameters of a path or query.
pub trait Parameters: Deserr<Faults> + JsonSchema + Send + Sync {}

impl<T: Deserr<Faults> + JsonSchema + Send + Sync> Parameters for T {}

/// No parameters.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Nothing {}

/// A path that names a partner.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfPartner {
    /// The partner.
    pub partner_id: domain::PartnerId,
}

/// A path that names an organization.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfOrganization {
    /// The organization.
    pub organization_id: domain::OrganizationId,
}

/// The paths of an operation with several routes, told apart by the parameter that only one of them has; a path that has
/// none of the others' (`""`) comes last.
#[macro_export]
macro_rules! paths {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$form_doc:meta])* $variant:ident($form:ty) = $parameter:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, schemars::JsonSchema)]
        #[schemars(untagged)]
        pub enum $name {
            $($(#[$form_doc])* $variant($form),)*
        }

        impl deserr::Deserr<domain::Faults> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, domain::Faults> {
                let sent: serde_json::Value = value.into();
                $(if $parameter.is_empty() || sent.get($parameter).is_some() {
                    let sent = deserr::IntoValue::into_value(sent);
                    return <$form as deserr::Deserr<domain::Faults>>::deserialize_from_value(sent, location)
                        .map(Self::$variant);
                })*
                Err(domain::Faults::invalid(location, domain::Invalid::new("missing", "names nothing")))
            }
        }
    };
}

/// A parameter that is on or off.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum Switch {
    /// On.
    True,
    /// Off.
    #[default]
    False,
}

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::True
    }
}

/// A query that may ask for what is archived.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Archived {
    /// Whether those are shown that are archived, and no others.
    #[deserr(default)]
    #[schemars(default)]
    pub archived: Switch,
}

/// A query that may name what is looked for.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ByName {
    /// Part of its name, whatever the case, width, kana, accents, spaces and punctuation, with one edit forgiven
    /// from 4 characters on and two from 8.
    #[deserr(default)]
    pub name: Option<domain::NameQuery>,
}

impl ByName {
    /// Whether this name is wanted.
    pub fn wants(&self, name: &domain::Name) -> bool {
        self.name.as_ref().is_none_or(|query| query.matches(name).is_some())
    }
}

/// What an operation answers.
pub trait Output: Serialize + JsonSchema + Send + Sync + 'static {
    /// Whether it is an object with a version.
    const VERSIONED: bool = false;
    /// Whether it can be had as a table, too.
    const TABULAR: bool = false;

    /// The version of the object it is, for its `ETag`.
    fn version(&self) -> Option<Version> {
        None
    }

    /// It as a table.
    fn sheet(&self) -> Option<Sheet> {
        None
    }
}

/// Of what nobody is told.
impl Output for () {}

impl Output for domain::service_request::ServiceRequestUpdate {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

impl Output for domain::dashboard::Dashboard {}

macro_rules! versioned {
    ($($name:ty),*) => {
        $(impl Output for $name {
            const VERSIONED: bool = true;

            fn version(&self) -> Option<Version> {
                Some(self.stamp.version)
            }
        })*
    };
}

versioned!(
    domain::AccessRequest,
    domain::Assignment,
    domain::Customer,
    domain::CustomerLink,
    domain::DetailField,
    domain::LicenseType,
    domain::Member,
    domain::Order,
    domain::Organization,
    domain::Partner,
    domain::Product,
    domain::ServiceRequest,
    domain::Source,
    domain::StoreLink
);

/// An answer, not yet written as HTTP.
#[derive(Debug, Clone)]
pub struct Answer<O> {
    /// 200, 201 or 202.
    pub status: u16,
    /// Where what was made is, or what is to take effect.
    pub location: Option<String>,
    /// The body.
    pub body: O,
    /// Whether it says what this call would do if it were not only tried.
    pub trial: bool,
}

impl<O> Answer<O> {
    /// It is so.
    pub fn ok(body: O) -> Self {
        Self { status: 200, location: None, body, trial: false }
    }

    /// It was taken, and can be looked for at `location` until it takes effect.
    pub fn accepted(location: String, body: O) -> Self {
        Self { status: 202, location: Some(location), body, trial: false }
    }

    /// It was made, and is at `location`.
    pub fn created(location: String, body: O) -> Self {
        Self { status: 201, location: Some(location), body, trial: false }
    }
}

impl<O: Output> Answer<O> {
    /// The body as it is written.
    pub(crate) fn written(&self) -> Result<String, table::Error> {
        serde_json::to_string(&self.body).map_err(|error| table::Error::Internal(error.to_string()))
    }
}

/// Why an operation gives no answer of its own.
#[derive(Debug)]
pub enum Failure {
    /// The caller can do something about it.
    Problem(Problem),
    /// The call took effect before, and this was its answer.
    Before(Box<IdempotencyRecord>),
    /// The table could not do it.
    Table(table::Error),
}

impl Failure {
    /// The call's idempotency key was used for another request.
    pub(crate) const KEY_REUSED: &str = "idempotency-key-reused";

    /// Whether it is that.
    pub(crate) fn is_key_reused(&self) -> bool {
        let is = |fault: &domain::Fault| fault.code == Self::KEY_REUSED;
        matches!(self, Self::Problem(problem) if problem.faults.iter().any(is))
    }
}

/// By code only: what a caller may read need not be fit for a log.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) => f.write_str(&problem.code),
            Self::Before(_) => f.write_str("it took effect before"),
            Self::Table(why) => write!(f, "{why}"),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<table::Error> for Failure {
    fn from(error: table::Error) -> Self {
        Self::Table(error)
    }
}

/// How an operation is called.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{parameters}`.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// Of several routes of one operation, whose.
    pub owner: Option<&'static str>,
}

impl Route {
    /// Of several routes of one operation that of this owner.
    pub const fn of(self, owner: &'static str) -> Self {
        Self { owner: Some(owner), ..self }
    }

    /// The route as API Gateway names it.
    pub fn key(&self) -> String {
        format!("{} {}", self.method.name(), self.path)
    }
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or acts.
    Post,
    /// Makes what it names.
    Put,
    /// Changes what the body names.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Its name in HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// People with a token and one of these roles. API Gateway checks the token.
    Roles(&'static [Role]),
    /// Whoever signed the message.
    Signature,
    /// Anyone.
    Anyone,
}

impl Access {
    /// Whether API Gateway lets nobody through without a token.
    pub fn needs_token(self) -> bool {
        matches!(self, Self::Roles(_))
    }
}

/// A route for people with one of these roles.
pub const fn route(method: Method, path: &'static str, roles: &'static [Role]) -> Route {
    Route { method, path, access: Access::Roles(roles), owner: None }
}
