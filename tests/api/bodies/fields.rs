//! Fields that are not known, of another type, or hold what no text of ours may hold.

use serde_json::{Map, Value, json};

use super::{FORM, JSON, PASSWORD, World, body_with, form, good_body};
use crate::api::hostile::{Operation, code_of, operations_with_a_body, refused};
use crate::support::{PATIENT, TestApp};

/// What an account has and its owner must not set, as clients of many frameworks spell it.
const PRIVILEGED: [&str; 32] = [
    "id",
    "userId",
    "user_id",
    "account_id",
    "is_admin",
    "isAdmin",
    "admin",
    "is_superuser",
    "is_staff",
    "role",
    "roles",
    "permissions",
    "groups",
    "scopes",
    "is_active",
    "active",
    "disabled",
    "email_verified",
    "emailVerified",
    "email_canonical",
    "username_canonical",
    "password_hash",
    "hashed_password",
    "created_at",
    "updated_at",
    "last_login",
    "session_id",
    "authenticated_at",
    "kind",
    "__proto__",
    "constructor",
    "$set",
];

/// OAuth2's own addresses pass over what they do not know (RFC 6749 §3.2). The document says which ones do not.
const PASS_OVER: [&str; 3] = ["/token", "/refresh", "/logout"];

/// Sends the good body with one more field: it is refused by its name, or does nothing at all.
async fn try_unknown(world: &World<'_>, operation: &Operation, kind: &str, (name, value): (&str, Value)) {
    let what = format!("{} {name:?} {value}", operation.name());
    let written = |body: Map<String, Value>| if kind == JSON { Value::Object(body).to_string() } else { form(&body) };
    let reply = world.send(operation, kind, written(body_with(operation, name, value))).await;
    if operation.body["additionalProperties"] == false {
        let problem = refused(&reply, 422, &what);
        let shown = name.replace('\0', "\u{fffd}");
        assert_eq!(code_of(&problem, &shown), Some("unknown"), "{what}: {problem}");
    } else {
        assert!(PASS_OVER.contains(&&*operation.path), "{what}: the document does not say that it is refused");
        let plain = world.send(operation, kind, written(good_body(operation))).await;
        assert_eq!(reply.status, plain.status, "{what}");
    }
}

#[tokio::test]
async fn reg_5_a_privileged_field_is_refused_by_name_or_does_nothing() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    for operation in operations_with_a_body() {
        for name in PRIVILEGED.into_iter().filter(|name| !operation.has_field(name)) {
            for value in [json!(true), json!("admin"), json!(1), json!(["admin"]), json!({"admin": true}), Value::Null]
            {
                try_unknown(&world, &operation, JSON, (name, value)).await;
            }
            if operation.takes(FORM) {
                try_unknown(&world, &operation, FORM, (name, json!("admin"))).await;
            }
        }
    }
    world.is_unchanged("privileged fields").await;
}

#[tokio::test]
async fn reg_5_a_known_name_in_another_spelling_is_another_name() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    for operation in operations_with_a_body() {
        for field in good_body(&operation).keys() {
            let spellings = [field.to_uppercase(), format!(" {field}"), format!("{field} "), format!("{field}[]")];
            let spellings = spellings.into_iter().chain([format!("{field}\0"), format!("user.{field}"), String::new()]);
            for name in spellings {
                try_unknown(&world, &operation, JSON, (&name, json!("x"))).await;
            }
        }
    }
    world.is_unchanged("other spellings").await;
}

#[tokio::test]
async fn api_1_a_value_of_another_type_is_refused_by_its_field() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    for operation in operations_with_a_body() {
        for (kind, good) in [("string", json!("x")), ("boolean", json!(true)), ("array", json!(["user"]))] {
            for field in operation.fields_of(kind) {
                let is_nullable = operation.fields_of("null").contains(&field);
                let mut others = vec![json!(0), json!(-1), json!(1.5), json!(1e300), json!({}), json!([good])];
                others.extend([json!("true"), json!(["x", 1]), json!([["user"]]), json!({"$ne": ""}), json!([null])]);
                others.extend([json!([]), json!(true), json!({"a": {"b": []}})]);
                others.retain(|value| match kind {
                    "string" => !value.is_string(),
                    "boolean" => !value.is_boolean(),
                    _ => !value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
                });
                others.extend((!is_nullable).then_some(Value::Null));
                for value in others {
                    let what = format!("{} {field} {value}", operation.name());
                    let body = Value::Object(body_with(&operation, &field, value)).to_string();
                    let problem = refused(&world.send(&operation, JSON, body).await, 422, &what);
                    assert_eq!(code_of(&problem, &field), Some("wrong_type"), "{what}: {problem}");
                }
            }
        }
    }
    world.is_unchanged("other types").await;
}

/// Texts that no name, address or role may hold. Passwords may: nothing in them is judged but their length (PWD-2).
fn hostile_texts() -> Vec<String> {
    let mut texts = Vec::new();
    let hidden = "\0\u{1}\u{7}\u{8}\u{b}\u{1b}\u{7f}\u{85}\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200b}\u{200c}\
                  \u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2061}\u{2063}\
                  \u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{206f}\u{2800}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\
                  \u{1d173}\u{e0001}\u{e0041}\u{e0100}";
    for c in hidden.chars() {
        texts.extend([format!("a{c}b"), format!("a{c}b@example.com")]);
    }
    texts.extend(
        ["a\nb", "a\r\nb", "a\tb", "a\u{b}\u{c}b", "\u{202e}nimda", "ad\u{200b}min", "\u{1b}[2J\u{1b}[31m"]
            .map(str::to_owned),
    );
    texts.extend([
        "x".repeat(300),
        "\u{1f600}".repeat(300),
        "a\u{301}".repeat(300),
        "\u{fdfa}".repeat(300),
        "\u{65e5}".repeat(5000),
    ]);
    texts.extend([format!("a{}", "\u{301}".repeat(4000)), format!("{}@example.com", "x".repeat(250))]);
    texts
}

/// Whether a hostile text says nothing in a field: it is compared with what is stored, or not looked at.
fn is_only_compared(operation: &Operation, field: &str) -> bool {
    field.contains("password") || field == "scope" || (operation.path == "/logout" && field == "refresh_token")
}

#[tokio::test]
async fn api_4_hidden_and_endless_texts_are_refused_in_every_field() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let mut taken = Vec::new();
    for operation in operations_with_a_body() {
        let fields = ["string", "array"].into_iter();
        let fields = fields.flat_map(|kind| operation.fields_of(kind).into_iter().map(move |field| (kind, field)));
        for (kind, field) in fields {
            if is_only_compared(&operation, &field) {
                continue;
            }
            for text in hostile_texts() {
                let value = if kind == "array" { json!([text]) } else { json!(text) };
                let body = Value::Object(body_with(&operation, &field, value)).to_string();
                let reply = world.send(&operation, JSON, body).await;
                let shown: String = text.chars().take(20).collect();
                let what = format!("{} {field} {shown:?}", operation.name());
                if reply.status.is_client_error() {
                    crate::api::hostile::refused_somehow(&reply, &what);
                } else {
                    taken.push(format!("{what}: {} {}", reply.status, reply.body));
                }
            }
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
    world.is_unchanged("hostile texts").await;
}

#[tokio::test]
async fn api_4_a_hostile_password_opens_nothing_and_a_long_one_is_refused() {
    let app = TestApp::with(&PATIENT).await;
    let world = World::of(&app).await;
    for operation in operations_with_a_body() {
        for field in operation.fields_of("string").into_iter().filter(|field| field.contains("password")) {
            for length in [257, 5000] {
                for letter in ["x", "\u{65e5}"] {
                    let body = Value::Object(body_with(&operation, &field, json!(letter.repeat(length)))).to_string();
                    let what = format!("{} {field} of {length}", operation.name());
                    let problem = refused(&world.send(&operation, JSON, body).await, 422, &what);
                    // The short name is another for the same field.
                    let shown = if operation.name() == "DELETE /users/me" { "current_password" } else { &*field };
                    assert_eq!(code_of(&problem, shown), Some("too_long"), "{what}: {problem}");
                }
            }
        }
    }
    for (operation, field) in
        [("POST /token", "password"), ("DELETE /users/me", "password"), ("PATCH /users/me", "current_password")]
    {
        let operation = operations_with_a_body().into_iter().find(|found| found.name() == operation).unwrap();
        for hostile in [
            "\0",
            &format!("{PASSWORD}\0"),
            &format!("{PASSWORD}\u{200b}"),
            &format!("\u{feff}{PASSWORD}"),
            &format!("{PASSWORD} "),
            "' or '1'='1",
            "$argon2id$",
            "*",
        ] {
            let body = Value::Object(body_with(&operation, field, json!(hostile))).to_string();
            let reply = world.send(&operation, JSON, body).await;
            let expected = if field == "password" && operation.path == "/token" { 401 } else { 422 };
            refused(&reply, expected, &format!("{} {hostile:?}", operation.name()));
        }
    }
    world.is_unchanged("hostile passwords").await;
}
