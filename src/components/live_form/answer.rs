//! Sends a form to a server function and reads the answer.
//!
//! This is the client stub of Leptos' server functions written by hand: same request, same answer, but without `serde`,
//! `gloo-net` and `server_fn`'s own client, which together weigh more than the whole island.

use js_sys::{JSON, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Element, FormData, Headers, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use super::page;
use crate::domain::SafePath;

/// So long an answer is awaited before it counts as none.
const PATIENCE_MILLISECONDS: i32 = 60_000;

/// Why a form was not accepted.
pub(super) enum Refusal {
    /// The server says so, in an object of [`Refused`](crate::domain::Refused).
    Said(JsValue),
    /// The server could not be reached.
    Offline,
    /// The answer makes no sense: a proxy's error page, perhaps.
    Unavailable,
}

/// Posts the named fields of `form`, and the name of the button that was pressed if it has one, as a browser does by
/// itself; gives the path to go on to.
pub(super) async fn send(form: &HtmlFormElement, button: Option<&Element>) -> Result<SafePath, Refusal> {
    let rpc = form.get_attribute("data-rpc").unwrap_or_default();
    let answer = post(&rpc, &fields(form, button).map_err(|_| Refusal::Unavailable)?).await?;
    let path = text(&answer, "redirect_to");
    path.as_deref().and_then(SafePath::parse).ok_or(Refusal::Unavailable)
}

/// Asks the server function `rpc` about one value.
pub(super) async fn ask(rpc: &str, name: &str, value: &str) -> Result<JsValue, Refusal> {
    let body = UrlSearchParams::new().map_err(|_| Refusal::Unavailable)?;
    body.append(name, value);
    post(rpc, &body).await
}

/// The text under that name in an object; none in what is no object, or has none there.
pub(super) fn text(object: &JsValue, name: &str) -> Option<String> {
    Reflect::get(object, &name.into()).ok()?.as_string()
}

/// Whether it is said under that name.
pub(super) fn is_true(object: &JsValue, name: &str) -> bool {
    Reflect::get(object, &name.into()).is_ok_and(|value| value.is_truthy())
}

fn fields(form: &HtmlFormElement, button: Option<&Element>) -> Result<UrlSearchParams, JsValue> {
    let fields = FormData::new_with_form(form)?;
    if let Some((name, value)) =
        button.and_then(|button| button.get_attribute("name").zip(button.get_attribute("value")))
    {
        fields.append_with_str(&name, &value)?;
    }
    UrlSearchParams::new_with_str_sequence_sequence(&fields)
}

async fn post(rpc: &str, body: &UrlSearchParams) -> Result<JsValue, Refusal> {
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(body);
    let controller = AbortController::new().map_err(|_| Refusal::Unavailable)?;
    request.set_signal(Some(&controller.signal()));
    // Once the answer is there, this does nothing.
    page::after(PATIENCE_MILLISECONDS, move || controller.abort());
    let headers = Headers::new().map_err(|_| Refusal::Unavailable)?;
    headers.set("Accept", "application/json").map_err(|_| Refusal::Unavailable)?;
    request.set_headers(&headers);
    let response = JsFuture::from(window().fetch_with_str_and_init(rpc, &request)).await;
    let response: Response = response.map_err(|_| Refusal::Offline)?.dyn_into().map_err(|_| Refusal::Offline)?;
    let body = response.text().map_err(|_| Refusal::Unavailable)?;
    let body = JsFuture::from(body).await.map_err(|_| Refusal::Offline)?;
    let answer = JSON::parse(&body.as_string().unwrap_or_default()).map_err(|_| Refusal::Unavailable)?;
    if response.ok() {
        Ok(answer)
    } else if text(&answer, "message").is_some() {
        Err(Refusal::Said(answer))
    } else {
        Err(Refusal::Unavailable)
    }
}
