//! HTTP routes of operations, and the callers who may use them.

use domain::Role;

/// HTTP route of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path, with parameters in braces.
    pub path: &'static str,
    /// Callers who may use the route.
    pub access: RouteAuth,
    /// Kind of owner that the route addresses, such as `partner`, if the operation has several routes.
    pub owner: Option<&'static str>,
    /// Summary of the route, if the operation has several routes.
    pub summary: Option<&'static str>,
    /// Operation id of the route, if it does not follow from the operation and the owner.
    pub id: Option<&'static str>,
}

impl Route {
    /// Returns the route with an operation id of its own, for operations that have several routes.
    pub const fn with_id(self, id: &'static str) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Returns the route with a summary of its own, for operations that have several routes: imperative, at most ten
    /// words.
    pub const fn summarized(self, summary: &'static str) -> Self {
        Self { summary: Some(summary), ..self }
    }

    /// Returns the route as the one for this kind of owner, for operations that have several routes.
    pub const fn of(self, owner: &'static str) -> Self {
        Self { owner: Some(owner), ..self }
    }

    /// Returns the route key of API Gateway: method and path.
    pub fn key(&self) -> String {
        format!("{} {}", self.method.name(), self.path)
    }
}

/// HTTP methods of the routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates an object or performs an action.
    Post,
    /// Creates or replaces the object that the path names.
    Put,
    /// Changes the fields that are in the body.
    Patch,
    /// Removes an object.
    Delete,
}

impl Method {
    /// Returns the name of the method in HTTP.
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

/// Callers who may use a route.
#[derive(Debug, Clone, Copy)]
pub enum RouteAuth {
    /// Callers with a token and one of these roles. API Gateway verifies the token.
    Roles(&'static [Role]),
    /// Senders of a message with a valid signature.
    Signature,
    /// Anyone, also without a token.
    Anyone,
}

impl RouteAuth {
    /// Returns true if API Gateway requires a token.
    pub fn needs_token(self) -> bool {
        matches!(self, Self::Roles(_))
    }
}

impl Route {
    /// Returns a route with this access.
    pub const fn open_to(access: RouteAuth, method: Method, path: &'static str) -> Self {
        Self { method, path, access, owner: None, summary: None, id: None }
    }
}

/// Returns a route for callers with one of these roles.
pub const fn route(method: Method, path: &'static str, roles: &'static [Role]) -> Route {
    Route::open_to(RouteAuth::Roles(roles), method, path)
}
