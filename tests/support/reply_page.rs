//! What a page says at its form, read back from its words: they are what its reader has.

use latchkey::domain::{AuthError, Field, FieldErrors, Problem, text};

use super::reply::{FIELDS, Reply};

impl Reply {
    /// Whether the page shows the form of that name.
    pub fn has_form(&self, name: &str) -> bool {
        self.body.contains(&format!("<form id=\"{name}\""))
    }

    /// What the page says was refused; none when it says nothing.
    pub fn refused_on_page(&self) -> Option<AuthError> {
        let mut errors = FieldErrors::default();
        for (id, sentence) in self.said_in("<p class=\"problem\" id=\"") {
            let name = id.strip_suffix("-problem").and_then(|id| id.rsplit('-').next()).unwrap_or_default();
            let field = FIELDS.into_iter().find(|field| field.as_str() == name);
            let field = field.unwrap_or_else(|| panic!("no field of a form: {id}"));
            errors.add(field, problem_of(field, &sentence));
        }
        if !errors.is_empty() {
            return Some(errors.into());
        }
        let (_, sentence) = self.said_in("<div class=\"alert\" id=\"").into_iter().next()?;
        Some(self.error_of(&sentence))
    }

    /// The ids and the sentences of the parts that begin like this and are not hidden.
    fn said_in(&self, begin: &str) -> Vec<(String, String)> {
        let parts = self.body.split(begin).skip(1);
        let read = |part: &str| {
            let (tag, rest) = part.split_once('>')?;
            let id = tag.split('"').next()?;
            let sentence = rest.split_once("<span>")?.1.split("</span>").next()?;
            (!tag.contains(" hidden")).then(|| (id.to_owned(), unescape(sentence)))
        };
        parts.filter_map(read).collect()
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
            AuthError::Busy { retry_after_seconds },
            AuthError::TooManyAttempts { retry_after_seconds },
            AuthError::Unavailable,
            AuthError::Internal,
        ];
        let found = errors.iter().find(|error| text::error(error) == sentence);
        found.unwrap_or_else(|| panic!("no error of a page: {sentence}")).clone()
    }
}

fn problem_of(field: Field, sentence: &str) -> Problem {
    let plain = [
        Problem::Required,
        Problem::Characters,
        Problem::Invalid,
        Problem::Taken,
        Problem::Common,
        Problem::Wrong,
    ];
    let limits = (1..=300).flat_map(|limit| [Problem::TooShort(limit), Problem::TooLong(limit)]);
    let found = plain.into_iter().chain(limits).find(|problem| text::problem(field, *problem) == sentence);
    found.unwrap_or_else(|| panic!("no problem of {field:?}: {sentence}"))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&amp;", "&")
}
