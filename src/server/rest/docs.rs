//! Two pages that show the API's description, each by a tool of others that the binary carries: `/docs` (Swagger UI) to try it
//! out, `/redoc` (ReDoc) to read it. They set no cookies, ask nobody but this server, and have a policy of their own, in which
//! a nonce opens each script and style sheet and nothing else does.

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::app::escape;
use crate::domain::{Language, text};
use crate::paths;
use crate::server::envelope::Envelope;
use crate::server::site;

/// The API is described under its own name, whatever the screens are called.
const PRODUCT: &str = "Latchkey";

/// How a tool is started. `DOCUMENT` stands for the description's address.
struct Tool {
    title: &'static str,
    /// The other page, and its name.
    other: (&'static str, &'static str),
    script: &'static str,
    style_sheet: Option<&'static str>,
    start: &'static str,
    /// Styles that it writes itself without a nonce, as the policy names them.
    own_styles: &'static str,
}

const SWAGGER_UI: Tool = Tool {
    title: text::docs::TRY,
    other: (paths::api::REDOC, text::docs::READ),
    script: "/pkg/swagger-ui.js",
    style_sheet: Some("/pkg/swagger-ui.css"),
    // Requests carry no cookies, as those of any other client.
    start: r##"
document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
SwaggerUIBundle({
  url: "DOCUMENT",
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  queryConfigEnabled: false,
  validatorUrl: null,
  requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
});
"##,
    own_styles: "",
};

const REDOC: Tool = Tool {
    title: text::docs::READ,
    other: (paths::api::DOCS, text::docs::TRY),
    script: "/pkg/redoc.js",
    style_sheet: None,
    // Its search would need a worker made of a string. The picture that it takes from its makers' host becomes one that is
    // empty, which it then leaves out; the policy would refuse it all the same, and the browser complain.
    start: r#"
const image = HTMLImageElement.prototype;
const { setAttribute } = image;
image.setAttribute = function (name, value) {
  setAttribute.call(this, name, /^https?:/.test(value) ? "data:," : value);
};
Object.defineProperty(image, "src", { set(value) { this.setAttribute("src", value); } });
Redoc.init("DOCUMENT", { nonce: document.currentScript.nonce, disableSearch: true }, document.getElementById("api"));
"#,
    // Its scroll bar's, at first empty. Written before it is told the nonce.
    own_styles: " 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
};

/// What stands around the tool, which has its own idea of light and dark.
const STYLE: &str = "
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif }
nav { display: flex; flex-wrap: wrap; gap: 0 1.5rem; padding: 0.25rem 1.25rem; background: #1f5f58 }
nav a { padding: 0.625rem 0; color: #fff }
nav a:focus-visible { outline: 2px solid; outline-offset: 2px }
.swagger-ui .response-col_links { display: none }
.note { padding: 1rem 1.25rem }
";

/// `GET /docs`
pub async fn docs(request: Request) -> Response {
    page(&SWAGGER_UI, Envelope::nonce_in(request.extensions()))
}

/// `GET /redoc`
pub async fn redoc(request: Request) -> Response {
    page(&REDOC, Envelope::nonce_in(request.extensions()))
}

fn page(tool: &Tool, nonce: &str) -> Response {
    let mut response = Html(markup(tool, nonce)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy(tool, nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// WEB-2. Stricter than that of our own pages where it can be, and without WASM.
fn policy(tool: &Tool, nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'{own_styles}; img-src 'self' data:; \
         connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        own_styles = tool.own_styles,
    )
}

fn markup(tool: &Tool, nonce: &str) -> String {
    let (other, to_other) = tool.other;
    let style_sheet = tool.style_sheet.map_or_else(String::new, |path| {
        format!("<link rel=\"stylesheet\" href=\"{}\" nonce=\"{nonce}\">\n", site::link(path))
    });
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"{icon}\">\n{style_sheet}\
         <style nonce=\"{nonce}\">{STYLE}</style>\n</head>\n<body>\n\
         <nav aria-label=\"{product}\"><a href=\"{home}\">{product}</a> <a href=\"{other}\">{to_other}</a> \
         <a href=\"{document}\">{file}</a></nav>\n\
         <div id=\"api\"><p class=\"note\">{note} <a href=\"{document}\">{file}</a></p></div>\n\
         <script src=\"{script}\" nonce=\"{nonce}\"></script>\n<script nonce=\"{nonce}\">{start}</script>\n\
         </body>\n</html>\n",
        title = escape(&text::page_title(Language::English, tool.title, PRODUCT, false)),
        icon = site::links().icon,
        product = PRODUCT,
        home = paths::HOME,
        to_other = escape(to_other),
        document = paths::api::OPENAPI,
        file = escape(text::docs::FILE),
        note = escape(text::docs::NOTE),
        script = site::link(tool.script),
        start = tool.start.replace("DOCUMENT", paths::api::OPENAPI),
    )
}
