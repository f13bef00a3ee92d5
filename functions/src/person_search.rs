//! Search for people by name or e-mail.

use domain::{Email, Name, NameQuery};

/// Returns whether a person matches a search text: by its name as in the lists of organizations, or by an e-mail that
/// contains the text. Without a text everyone matches.
pub fn matches_person(search: Option<&NameQuery>, name: &Name, email: &Email) -> bool {
    search.is_none_or(|search| {
        let text = search.to_string().to_lowercase();
        search.matches(name).is_some() || email.folded().contains(&text)
    })
}
