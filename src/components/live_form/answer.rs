//! Sends a form to a server function and reads the answer.
//!
//! This is the client stub of Leptos' server functions written by hand: same request, same answer, but without `serde`,
//! `gloo-net` and `server_fn`'s own client, which together weigh more than the whole island.

use js_sys::{JSON, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, FormData, Headers, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use crate::domain::SafePath;

/// Why a form was not accepted.
pub(super) enum Refusal {
    /// The server says so, in an object of [`Refused`](crate::domain::Refused).
    Said(JsValue),
    /// The server could not be reached.
    Offline,
    /// The answer makes no sense: a proxy's error page, perhaps.
    Unavailable,
}

/// Posts the named fields of `form` to `rpc`, and the name of the button that was pressed if it has one, as a browser does by
/// itself; gives the path to go on to.
pub(super) async fn send(form: &HtmlFormElement, button: Option<&Element>, rpc: &str) -> Result<SafePath, Refusal> {
    let request = request(form, button).map_err(|_| Refusal::Unavailable)?;
    let response = JsFuture::from(window().fetch_with_str_and_init(rpc, &request)).await;
    let response: Response = response.map_err(|_| Refusal::Offline)?.dyn_into().map_err(|_| Refusal::Offline)?;
    let body = response.text().map_err(|_| Refusal::Unavailable)?;
    let body = JsFuture::from(body).await.map_err(|_| Refusal::Offline)?;
    let answer = JSON::parse(&body.as_string().unwrap_or_default()).map_err(|_| Refusal::Unavailable)?;
    if response.ok() {
        let path = text(&answer, "redirect_to");
        path.as_deref().and_then(SafePath::parse).ok_or(Refusal::Unavailable)
    } else if text(&answer, "message").is_some() {
        Err(Refusal::Said(answer))
    } else {
        Err(Refusal::Unavailable)
    }
}

/// The text under that name in an object; none in what is no object, or has none there.
pub(super) fn text(object: &JsValue, name: &str) -> Option<String> {
    Reflect::get(object, &name.into()).ok()?.as_string()
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
