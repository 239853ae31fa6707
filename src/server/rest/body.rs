//! Bodies, read strictly: small, in time, well-formed, each field once, no field that is not known (API-2, API-3, REG-5).

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use serde_json::Value;

use super::json;
use super::problem::{FieldProblem, Refusal};
use crate::domain::{AuthError, Field, Password, is_hidden, text};
use crate::server::form_post::{check_form, media_type, read_body};
use crate::server::language::say;
use crate::server::state::AppState;

/// A name that is not ours is told back this far.
const MAX_NAME: usize = 64;

/// Enough to see what is wrong; an answer is not much longer than what was sent.
const MAX_REFUSED: usize = 16;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What can be read from [`Fields`].
pub trait Body: Sized {
    /// Whether fields that are not known are passed over: only where RFC 6749 §3.2 asks for it.
    const PASSES_OVER_UNKNOWN: bool = false;

    /// Takes the fields it knows; what is left over is refused.
    fn read(fields: &mut Fields) -> Self;
}

/// An extractor of bodies of these kinds, which may be missing or not.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident, $kinds:expr, $is_optional:expr) => {
        $(#[$doc])*
        pub struct $name<T>(pub T);

        impl<T: Body> FromRequest<AppState> for $name<T> {
            type Rejection = Refusal;

            async fn from_request(request: Request, _: &AppState) -> Result<Self, Refusal> {
                read(request, &$kinds, $is_optional).await.map(Self)
            }
        }
    };
}

body!(
    /// A JSON body.
    JsonBody, [JSON], false
);
body!(
    /// A JSON body, or none at all.
    OptionalJsonBody, [JSON], true
);
body!(
    /// A JSON body, or the same fields as a form (RFC 6749 appendix B).
    JsonOrForm, [JSON, FORM], false
);
body!(
    /// One of these two, or none at all.
    OptionalJsonOrForm, [JSON, FORM], true
);

async fn read<T: Body>(request: Request, kinds: &[&str], is_optional: bool) -> Result<T, Refusal> {
    let (parts, body) = request.into_parts();
    let kind = media_type(&parts.headers);
    let is_known = kinds.contains(&&*kind);
    if !is_known && !is_optional {
        return Err(AuthError::UnsupportedMediaType.into());
    }
    let bytes = read_body(&parts.headers, body).await?;
    let fields = if bytes.is_empty() && is_optional {
        Fields::default()
    } else if !is_known {
        return Err(AuthError::UnsupportedMediaType.into());
    } else if kind == JSON {
        Fields::from_json(&bytes)?
    } else {
        Fields::from_form(&bytes)?
    };
    fields.into_body()
}

/// Whether a request says that its body is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers) == JSON
}

/// The fields of a body, to be taken one by one.
#[derive(Default)]
pub struct Fields {
    given: BTreeMap<String, Value>,
    refused: Vec<FieldProblem>,
}

impl Fields {
    fn from_json(bytes: &[u8]) -> Result<Self, AuthError> {
        match json::read(bytes).ok_or(AuthError::Malformed)? {
            Value::Object(given) => Ok(Self { given: given.into_iter().collect(), refused: Vec::new() }),
            _ => Err(AuthError::Malformed),
        }
    }

    fn from_form(bytes: &Bytes) -> Result<Self, AuthError> {
        check_form(bytes)?;
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).map_err(|_| AuthError::Malformed)?;
        let count = pairs.len();
        let given: BTreeMap<_, _> = pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        if given.len() == count { Ok(Self { given, refused: Vec::new() }) } else { Err(AuthError::Malformed) }
    }

    /// Notes a text; `false` when there is one of that name already.
    pub(super) fn give(&mut self, name: String, text: String) -> bool {
        self.given.insert(name, Value::String(text)).is_none()
    }

    /// What was asked for, or a refusal of all that cannot be taken.
    pub(super) fn into_body<T: Body>(mut self) -> Result<T, Refusal> {
        let body = T::read(&mut self);
        let unknown = std::mem::take(&mut self.given);
        for name in unknown.into_keys().filter(|_| !T::PASSES_OVER_UNKNOWN) {
            self.refuse(&name, "unknown", say(text::api::UNKNOWN_FIELD));
        }
        if self.refused.is_empty() { Ok(body) } else { Err(Refusal::of_fields(self.refused)) }
    }

    /// A text that must be there; a missing one is empty, and refused by whoever parses it.
    pub fn text(&mut self, name: &'static str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    /// A text that may be missing.
    pub fn optional_text(&mut self, name: &'static str) -> Option<String> {
        match self.given.remove(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(name, "wrong_type", say(text::api::WANTS_TEXT));
                None
            }
        }
    }

    /// A text that may be missing; `null` empties it.
    pub fn nullable_text(&mut self, name: &'static str) -> Option<String> {
        if self.given.get(name).is_some_and(Value::is_null) {
            self.given.remove(name);
            return Some(String::new());
        }
        self.optional_text(name)
    }

    /// A password that must be there.
    pub fn password(&mut self, field: Field) -> Password {
        Password::new(self.text(field.as_str()))
    }

    /// A password that may be missing.
    pub fn optional_password(&mut self, field: Field) -> Option<Password> {
        self.optional_text(field.as_str()).map(Password::new)
    }

    /// A text that no service refuses when it is missing.
    pub fn required_text(&mut self, name: &'static str) -> String {
        if self.given.get(name).is_none_or(|value| value.as_str() == Some("")) {
            self.given.remove(name);
            self.refuse(name, "required", say(text::api::REQUIRED));
        }
        self.text(name)
    }

    /// A truth value that may be missing.
    pub fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        match self.given.remove(name)? {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.refuse(name, "wrong_type", say(text::api::WANTS_FLAG));
                None
            }
        }
    }

    /// A list of texts that may be missing.
    pub fn optional_list(&mut self, name: &'static str) -> Option<Vec<String>> {
        let list = match self.given.remove(name)? {
            Value::Array(values) => {
                values.into_iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        if list.is_none() {
            self.refuse(name, "wrong_type", say(text::api::WANTS_LIST));
        }
        list
    }

    /// Refuses a field before any service sees it.
    pub fn refuse(&mut self, name: &str, code: &'static str, message: &str) {
        if self.refused.len() >= MAX_REFUSED {
            return;
        }
        let printable = |c: char| if is_hidden(c) { '\u{fffd}' } else { c };
        let field = name.chars().take(MAX_NAME).map(printable).collect();
        self.refused.push(FieldProblem { field, code, message: message.to_owned(), limit: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_3_a_field_that_is_named_twice_is_refused_at_every_depth() {
        let read = |text: &str| Fields::from_json(text.as_bytes()).map(drop);
        assert_eq!(read(r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}"#), Ok(()));
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"\u0061":2}}"#, r#"{"b":[{"a":1,"a":1}]}"#] {
            assert_eq!(read(text), Err(AuthError::Malformed), "{text}");
        }
        let form = |text: &'static str| Fields::from_form(&Bytes::from_static(text.as_bytes())).map(drop);
        assert_eq!(form("a=1&b=2"), Ok(()));
        assert_eq!(form("a=1&b=2&%61=3"), Err(AuthError::Malformed));
    }

    #[test]
    fn api_2_a_deep_body_is_refused() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(Fields::from_json(nested(json::MAX_DEPTH).as_bytes()).is_ok());
        for depth in [json::MAX_DEPTH + 1, 127, 5000] {
            assert!(Fields::from_json(nested(depth).as_bytes()).is_err(), "{depth}");
        }
        assert!(
            Fields::from_json(br#"{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""}"#).is_ok(),
            "brackets in a text"
        );
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for text in ["", "null", "[]", "\"a\"", "{", "{}x", "{\"a\":\"\\ud800\"}", "{'a':1}", "\u{feff}{}"] {
            assert_eq!(Fields::from_json(text.as_bytes()).map(drop), Err(AuthError::Malformed), "{text}");
        }
        assert!(Fields::from_json(b"{\"a\":\"\xff\"}").is_err());
    }
}
