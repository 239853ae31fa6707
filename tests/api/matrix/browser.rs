//! The pages, their forms and the server functions.

use latchkey::domain::FormName;
use latchkey::paths;

use super::routes::routes;
use super::{ACTORS, Actor, Anonymous, NEW_PASSWORD, PASSWORD, User, World, compare};
use crate::support::{Door, Reply, TestApp};

/// A route, what is asked of it, and what each actor is answered: the status, and where they are sent.
struct Row {
    route: &'static str,
    asks: Asks,
    /// Anonymous, user, other, disabled, admin.
    cells: [&'static str; 5],
}

/// What is asked.
enum Asks {
    /// For the page at this address.
    Page(&'static str),
    /// With the fields of this form.
    Form(&'static str, fn(Actor) -> Vec<(&'static str, String)>),
    /// For a new password of the user's, with a link to their account.
    Link,
}

use Asks::{Form, Link, Page};

fn nothing(_: Actor) -> Vec<(&'static str, String)> {
    Vec::new()
}

fn credentials(actor: Actor) -> Vec<(&'static str, String)> {
    vec![("username", actor.name().to_owned()), ("password", PASSWORD.to_owned())]
}

fn new_account(actor: Actor) -> Vec<(&'static str, String)> {
    let name = format!("new-{}", actor.name());
    vec![("email", format!("{name}@example.com")), ("username", name), ("password", PASSWORD.to_owned())]
}

fn new_name(actor: Actor) -> Vec<(&'static str, String)> {
    vec![("username", actor.name().to_owned()), ("first_name", "Mallory".to_owned())]
}

fn new_address(actor: Actor) -> Vec<(&'static str, String)> {
    vec![("email", format!("new-{}@example.com", actor.name())), ("current_password", PASSWORD.to_owned())]
}

fn new_password(_: Actor) -> Vec<(&'static str, String)> {
    vec![("current_password", PASSWORD.to_owned()), ("new_password", NEW_PASSWORD.to_owned())]
}

fn all_others(_: Actor) -> Vec<(&'static str, String)> {
    vec![("others", "yes".to_owned())]
}

fn deletion(_: Actor) -> Vec<(&'static str, String)> {
    vec![("current_password", PASSWORD.to_owned()), ("confirm", "yes".to_owned())]
}

fn linked(_: Actor) -> Vec<(&'static str, String)> {
    vec![("account", "1".to_owned()), ("new_password", NEW_PASSWORD.to_owned())]
}

fn language(_: Actor) -> Vec<(&'static str, String)> {
    vec![("language", "ru".to_owned())]
}

const fn row(route: &'static str, asks: Asks, cells: [&'static str; 5]) -> Row {
    Row { route, asks, cells }
}

const AGAIN: &str = "303 /login?next=/profile";
const BACK: &str = "303 /login?next=/sessions";

#[rustfmt::skip]
const ROWS: [Row; 40] = [
    //                                                             anonymous       user            other           disabled        admin
    row("GET /", Page("/"),                                       ["303 /login",   "303 /profile", "303 /profile", "303 /login",   "303 /profile"]),
    row("GET /login", Page("/login"),                             ["200",          "303 /profile", "303 /profile", "200",          "303 /profile"]),
    row("GET /register", Page("/register"),                       ["200",          "303 /profile", "303 /profile", "200",          "303 /profile"]),
    row("GET /profile", Page("/profile"),                         [AGAIN,          "200",          "200",          AGAIN,          "200"]),
    row("GET /sessions", Page("/sessions"),                       [BACK,           "200",          "200",          BACK,           "200"]),
    row("GET /set-password", Page("/set-password"),               ["410",          "410",          "410",          "410",          "410"]),
    row("GET /docs", Page("/docs"),                               ["200",          "200",          "200",          "200",          "200"]),
    row("GET /redoc", Page("/redoc"),                             ["200",          "200",          "200",          "200",          "200"]),
    row("GET /accessibility", Page("/accessibility"),             ["200",          "200",          "200",          "200",          "200"]),
    row("POST /login", Form("sign_in", credentials),              ["401",          "303 /profile", "303 /profile", "401",          "303 /profile"]),
    row("POST /register", Form("registration", new_account),      ["303 /profile", "303 /profile", "303 /profile", "303 /profile", "303 /profile"]),
    row("POST /sign-out", Form("sign_out", nothing),              ["303 /login",   "303 /login",   "303 /login",   "303 /login",   "303 /login"]),
    row("POST /preferences", Form("preferences", language),       ["303 /",        "303 /",        "303 /",        "303 /",        "303 /"]),
    row("POST /set-password", Form("set_password", linked),       ["410",          "410",          "410",          "410",          "410"]),
    row("POST /set-password", Link,                               ["303 /login",   "303 /login",   "303 /login",   "303 /login",   "303 /login"]),
    row("POST /profile", Form("details", new_name),               [AGAIN,          "303 /profile", "303 /profile", AGAIN,          "303 /profile"]),
    row("POST /profile", Form("email", new_address),              [AGAIN,          "303 /profile", "303 /profile", AGAIN,          "303 /profile"]),
    row("POST /profile", Form("password", new_password),          [AGAIN,          "303 /profile", "303 /profile", AGAIN,          "303 /profile"]),
    row("POST /profile", Form("deletion", deletion),              [AGAIN,          "303 /login",   "303 /login",   AGAIN,          "409"]),
    row("POST /sessions", Form("sessions", all_others),           [BACK,           "303 /sessions", "303 /sessions", BACK,         "303 /sessions"]),
    row("POST /rpc/end_sessions", Form("sessions", all_others),   ["401",          "200 /sessions", "200 /sessions", "401",        "200 /sessions"]),
    row("POST /rpc/check_username", Form("check_username", new_name), ["200",      "200",          "200",          "200",          "200"]),
    row("POST /rpc/sign_in", Form("sign_in", credentials),        ["401",          "200 /profile", "200 /profile", "401",          "200 /profile"]),
    row("POST /rpc/sign_up", Form("registration", new_account),   ["200 /profile", "200 /profile", "200 /profile", "200 /profile", "200 /profile"]),
    row("POST /rpc/sign_out", Form("sign_out", nothing),          ["200 /login",   "200 /login",   "200 /login",   "200 /login",   "200 /login"]),
    row("POST /rpc/set_password", Form("set_password", linked),   ["410",          "410",          "410",          "410",          "410"]),
    row("POST /rpc/set_password", Link,                           ["200 /login",   "200 /login",   "200 /login",   "200 /login",   "200 /login"]),
    row("POST /rpc/update_profile", Form("details", new_name),    ["401",          "200 /profile", "200 /profile", "401",          "200 /profile"]),
    row("POST /rpc/update_profile", Form("email", new_address),   ["401",          "200 /profile", "200 /profile", "401",          "200 /profile"]),
    row("POST /rpc/change_password", Form("password", new_password), ["401",       "200 /profile", "200 /profile", "401",          "200 /profile"]),
    row("POST /rpc/delete_account", Form("deletion", deletion),   ["401",          "200 /login",   "200 /login",   "401",          "409"]),
    row("POST /rpc/{*unknown}", Page("/rpc/unknown"),             ["404",          "404",          "404",          "404",          "404"]),
    row("POST /rpc/check_username", Form("check_username", nothing), ["200",       "200",          "200",          "200",          "200"]),
    // The same with what is not enough, or not theirs.
    row("POST /login", Form("sign_in", nothing),                  ["422",          "422",          "422",          "422",          "422"]),
    row("POST /sessions", Form("sessions", nothing),              [BACK,           "404",          "404",          BACK,           "404"]),
    row("POST /rpc/end_sessions", Form("sessions", nothing),      ["401",          "404",          "404",          "401",          "404"]),
    row("POST /rpc/update_profile", Form("details", others_name), ["401",          "422",          "422",          "401",          "422"]),
    row("POST /profile", Form("details", others_name),            [AGAIN,          "422",          "422",          AGAIN,          "422"]),
    row("POST /profile", Form("email", others_address),           [AGAIN,          "422",          "422",          AGAIN,          "422"]),
    row("POST /profile", Form("deletion", nothing),               [AGAIN,          "422",          "422",          AGAIN,          "422"]),
];

fn others_name(actor: Actor) -> Vec<(&'static str, String)> {
    vec![("username", if actor == User { "other" } else { "user" }.to_owned()), ("first_name", "Mallory".to_owned())]
}

fn others_address(actor: Actor) -> Vec<(&'static str, String)> {
    let other = if actor == User { "other@example.com" } else { "user@example.com" };
    vec![("email", other.to_owned()), ("current_password", PASSWORD.to_owned())]
}

#[test]
fn auz_1_every_page_every_form_and_every_server_function_has_its_row() {
    let known: Vec<String> = ROWS.iter().map(|row| row.route.to_owned()).collect();
    compare("routes", &routes(), &known);
    let functions = leptos::server_fn::axum::server_fn_paths();
    let functions: Vec<String> = functions.map(|(path, method)| format!("{method} {path}")).collect();
    let rows = known.iter().filter(|route| route.contains(paths::rpc::PREFIX) && !route.contains('{'));
    compare("server functions", &functions, &rows.cloned().collect::<Vec<_>>());
    for form in FormName::PROFILE {
        let is_there =
            |row: &Row| matches!(row.asks, Form(name, _) if name == form.as_str()) && row.route == "POST /profile";
        assert!(ROWS.iter().any(is_there), "the form {} has no row", form.as_str());
    }
}

/// `303 /login`, from any door.
fn outcome(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    let target = match status {
        303 => reply.header("location").to_owned(),
        200 if reply.header("content-type").starts_with("application/json") => {
            reply.json()["redirect_to"].as_str().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    format!("{status} {target}").trim_end().to_owned()
}

#[tokio::test]
async fn auz_1_every_page_every_form_and_every_server_function_answers_each_actor_as_the_matrix_says() {
    let mut wrong = Vec::new();
    for row in &ROWS {
        let app = TestApp::new().await;
        let world = World::of(&app).await;
        let (method, path) = row.route.split_once(' ').unwrap();
        let door = if path.starts_with(paths::rpc::PREFIX) { Door::Rpc } else { Door::Form };
        for (actor, expected) in ACTORS.into_iter().zip(row.cells) {
            let browser = world.browser(actor).at(door);
            let mut theirs = vec![actor];
            if matches!(row.asks, Link) {
                let link = app.try_link("user").await.unwrap();
                assert_eq!(browser.get(&link).await.status, 303);
                theirs.push(User);
            }
            let before = app.dump().await;
            let reply = match &row.asks {
                Page(path) => {
                    let request = browser.request(method, path).header("origin", crate::support::ORIGIN);
                    browser.exchange(request.body(axum::body::Body::empty()).unwrap()).await
                }
                Form(form, fields) => {
                    assert!(door.url(form).starts_with(path), "{} is not where {form} goes", row.route);
                    let fields = fields(actor);
                    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    browser.submit(form, &fields).await
                }
                Link => browser.set_password("user", NEW_PASSWORD).await,
            };
            let what = format!("{} by {actor:?}", row.route);
            if outcome(&reply) != expected {
                wrong.push(format!("{what}: {} instead of {expected}", outcome(&reply)));
                continue;
            }
            let was_granted = method == "POST" && reply.status.as_u16() < 400 && ![AGAIN, BACK].contains(&expected);
            world.only_touched(&before, was_granted, &theirs, &what).await;
            if actor != Anonymous && reply.status == 200 && path == paths::PROFILE {
                assert!(reply.body.contains(&format!("{}@example.com", actor.name())), "{what}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
