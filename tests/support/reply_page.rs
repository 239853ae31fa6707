//! What a page says at its form, read back from its words: they are what its reader has.

use latchkey::domain::{AuthError, Field, FieldErrors, Language, Problem, text};

use super::reply::{FIELDS, Reply};

impl Reply {
    /// Whether the page shows the form of that name.
    pub fn has_form(&self, name: &str) -> bool {
        let id = format!(" id=\"{name}\"");
        tags(&self.body, "form").any(|(tag, _)| tag.contains(&id))
    }

    /// What the page says was refused; none when it says nothing.
    pub fn refused_on_page(&self) -> Option<AuthError> {
        let mut errors = FieldErrors::default();
        for (id, sentence) in self.said_in("p", "problem") {
            let name = id.strip_suffix("-problem").and_then(|id| id.rsplit('-').next()).unwrap_or_default();
            let field = FIELDS.into_iter().find(|field| field.as_str() == name);
            let field = field.unwrap_or_else(|| panic!("no field of a form: {id}"));
            errors.add(field, problem_of(field, &sentence));
        }
        if !errors.is_empty() {
            return Some(errors.into());
        }
        let (_, sentence) = self.said_in("div", "alert").into_iter().next()?;
        Some(self.error_of(&sentence))
    }

    /// The ids and the sentences of the elements of that class that are not hidden.
    fn said_in(&self, element: &str, class: &str) -> Vec<(String, String)> {
        let class = format!("class=\"{class}\"");
        let shown = tags(&self.body, element).filter(|(tag, _)| tag.contains(&class) && !tag.contains(" hidden"));
        let read = |(tag, inner): (&str, &str)| {
            let id = tag.split_once(" id=\"")?.1.split('"').next()?;
            let sentence = inner.split_once("<span>")?.1.split("</span>").next()?;
            Some((id.to_owned(), unescape(sentence)))
        };
        shown.map(|shown| read(shown).unwrap_or_else(|| panic!("no sentence in {shown:?}"))).collect()
    }

    fn error_of(&self, sentence: &str) -> AuthError {
        let retry_after_seconds = self.header("retry-after").parse().unwrap_or_default();
        let errors = [
            AuthError::InvalidCredentials,
            AuthError::Unauthenticated,
            AuthError::LastAdmin,
            AuthError::LinkExpired,
            AuthError::SignUpClosed,
            AuthError::Malformed,
            AuthError::NotFound,
            AuthError::Busy { retry_after_seconds },
            AuthError::TooManyAttempts { retry_after_seconds },
            AuthError::Unavailable,
            AuthError::Internal,
        ];
        let found = errors.iter().find(|error| text::error(Language::English, error) == sentence);
        found.unwrap_or_else(|| panic!("no error of a page: {sentence}")).clone()
    }
}

/// Every tag of that name, and all that comes behind it.
fn tags<'b>(body: &'b str, name: &str) -> impl Iterator<Item = (&'b str, &'b str)> {
    let begin = format!("<{name}");
    let tags: Vec<_> =
        body.match_indices(&begin).filter_map(|(at, _)| body[at + begin.len()..].split_once('>')).collect();
    tags.into_iter().filter(|(tag, _)| tag.is_empty() || tag.starts_with(' '))
}

fn problem_of(field: Field, sentence: &str) -> Problem {
    let plain =
        [Problem::Required, Problem::Characters, Problem::Invalid, Problem::Taken, Problem::Common, Problem::Wrong];
    let limits = (1..=300).flat_map(|limit| [Problem::TooShort(limit), Problem::TooLong(limit)]);
    let found =
        plain.into_iter().chain(limits).find(|problem| text::problem(Language::English, field, *problem) == sentence);
    found.unwrap_or_else(|| panic!("no problem of {field:?}: {sentence}"))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&amp;", "&")
}
