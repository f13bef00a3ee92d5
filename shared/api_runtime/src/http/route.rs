//! How an operation is called over HTTP, and by whom.

use domain::Role;

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
    /// Its id, if that does not follow from the operation and the owner.
    pub id: Option<&'static str>,
}

impl Route {
    /// The route with an id of its own, where the operation has several.
    pub const fn with_id(self, id: &'static str) -> Self {
        Self { id: Some(id), ..self }
    }

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

impl Route {
    /// A route that these may use.
    pub const fn open_to(access: Access, method: Method, path: &'static str) -> Self {
        Self { method, path, access, owner: None, id: None }
    }
}

/// A route for people with one of these roles.
pub const fn route(method: Method, path: &'static str, roles: &'static [Role]) -> Route {
    Route::open_to(Access::Roles(roles), method, path)
}
