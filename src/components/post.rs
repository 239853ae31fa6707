//! Sends a form to a server function and reads the answer.
//!
//! This is the client stub of Leptos' server functions written by hand: same request, same answer, but without `serde_qs`,
//! `gloo-net` and `server_fn`'s own client, which together weigh more than all of our islands.

use leptos::prelude::window;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, FormData, Headers, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use crate::domain::{Accepted, AuthError, SafePath};

/// Posts the named fields of `form` to `rpc`, and the name of the button that was pressed if it has one, as a browser does by
/// itself; gives the path to go on to.
///
/// # Errors
/// What the server said, [`AuthError::Offline`] when it could not be reached, or [`AuthError::Unavailable`] when its
/// answer makes no sense (a proxy's error page).
pub async fn send(form: &HtmlFormElement, button: Option<&Element>, rpc: &str) -> Result<SafePath, AuthError> {
    let request = request(form, button).map_err(|_| AuthError::Malformed)?;
    let response = JsFuture::from(window().fetch_with_str_and_init(rpc, &request)).await;
    let response: Response = response.map_err(|_| AuthError::Offline)?.dyn_into().map_err(|_| AuthError::Offline)?;
    let body = match response.text() {
        Ok(text) => JsFuture::from(text).await.map_err(|_| AuthError::Offline)?,
        Err(_) => return Err(AuthError::Unavailable),
    };
    read(response.ok(), &body.as_string().unwrap_or_default())
}

/// Leaves for `path`.
///
/// # Errors
/// [`AuthError::Unavailable`] when the browser will not go.
pub fn go_to(path: &SafePath) -> Result<(), AuthError> {
    window().location().assign(path.as_str()).map_err(|_| AuthError::Unavailable)
}

fn request(form: &HtmlFormElement, button: Option<&Element>) -> Result<RequestInit, JsValue> {
    let fields = FormData::new_with_form(form)?;
    if let Some((name, value)) =
        button.and_then(|button| button.get_attribute("name").zip(button.get_attribute("value")))
    {
        fields.append_with_str(&name, &value)?;
    }
    let body = UrlSearchParams::new_with_str_sequence_sequence(&fields)?;
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&body);
    Ok(request)
}

fn read(is_ok: bool, body: &str) -> Result<SafePath, AuthError> {
    if !is_ok {
        return Err(serde_json::from_str(body).unwrap_or(AuthError::Unavailable));
    }
    let accepted: Accepted = serde_json::from_str(body).map_err(|_| AuthError::Unavailable)?;
    SafePath::parse(&accepted.redirect_to).ok_or(AuthError::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Field, Problem};

    #[test]
    fn an_acceptance_leads_to_one_of_our_own_paths_and_nowhere_else() {
        let path = read(true, r#"{"redirect_to":"/profile"}"#);
        assert_eq!(path, Ok(SafePath::own("/profile")));
        for foreign in ["https://evil.example", "//evil.example", "javascript:alert(1)"] {
            let body = format!(r#"{{"redirect_to":"{foreign}"}}"#);
            assert_eq!(read(true, &body), Err(AuthError::Unavailable), "{foreign}");
        }
    }

    #[test]
    fn a_refusal_is_read_as_the_server_meant_it() {
        assert_eq!(read(false, r#""invalid_credentials""#), Err(AuthError::InvalidCredentials));
        let taken = r#"{"invalid":[{"field":"email","problem":"taken"}]}"#;
        assert_eq!(read(false, taken), Err((Field::Email, Problem::Taken).into()));
        let busy = r#"{"busy":{"retry_after_seconds":3}}"#;
        assert_eq!(read(false, busy), Err(AuthError::Busy { retry_after_seconds: 3 }));
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_no_success() {
        for body in ["", "<html>502 Bad Gateway</html>", "{}", "null"] {
            assert_eq!(read(true, body), Err(AuthError::Unavailable), "{body}");
            assert_eq!(read(false, body), Err(AuthError::Unavailable), "{body}");
        }
    }
}
