//! Cross-origin requests, as the template lets API Gateway answer them.

/// Methods that other origins may use.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Headers that requests of other origins may have.
pub const HEADERS: [&str; 6] =
    ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"];

/// Headers of answers that scripts of other origins may read.
pub const EXPOSED: [&str; 8] = [
    "apigw-requestid",
    "etag",
    "idempotent-replayed",
    "link",
    "location",
    "retry-after",
    "www-authenticate",
    "x-request-id",
];

/// Time in seconds for which a browser keeps the answer to a preflight request.
pub const MAX_AGE: u32 = 600;

/// Returns the headers that an answer has for the origin that sent the request, if it is among `origins`.
pub fn allowed(origins: &[String], origin: Option<&str>) -> Vec<(String, String)> {
    let Some(origin) = origin.filter(|origin| origins.iter().any(|known| known == origin)) else {
        return Vec::new();
    };
    let exposed = EXPOSED.join(",");
    [("access-control-allow-origin", origin), ("access-control-expose-headers", &exposed)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

/// Returns the headers of the answer to a preflight request of this origin.
pub fn preflight(origins: &[String], origin: Option<&str>) -> Vec<(String, String)> {
    let mut headers = allowed(origins, origin);
    if !headers.is_empty() {
        headers.push(("access-control-allow-methods".to_owned(), METHODS.join(",")));
        headers.push(("access-control-allow-headers".to_owned(), HEADERS.join(",")));
        headers.push(("access-control-max-age".to_owned(), MAX_AGE.to_string()));
    }
    headers
}
