//! Bodies that cannot be read: not JSON, not well-formed, too deep, too large, of a kind that is not taken.

use axum::body::Body;
use serde_json::{Value, json};

use super::{FORM, JSON, World, body_with, form, good_body, text};
use crate::api::hostile::{Operation, operations_with_a_body, refused};
use crate::support::TestApp;

#[tokio::test]
async fn api_3_a_field_that_is_there_twice_is_refused_at_every_operation() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let json = |operation: &Operation| {
        let good = good_body(operation);
        let mut bodies = Vec::new();
        for (name, value) in &good {
            let inner = Value::Object(good.clone()).to_string();
            let inner = &inner[1..inner.len() - 1];
            let escaped: String = name.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
            for again in [name, &escaped, &escaped.to_uppercase().replace("\\U", "\\u")] {
                bodies.push(format!("{{\"{again}\":{value},{inner}}}"));
                bodies.push(format!("{{{inner},\"{again}\":{value}}}"));
                bodies.push(format!("{{{inner},\"{again}\":null}}"));
            }
            for deep in
                [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"a":1,"a":2}]"#, r#"{"b":[[{"a":{},"a":{}}]]}"#]
            {
                bodies.push(body_text_with(operation, name, deep));
            }
        }
        bodies.into_iter().map(String::into_bytes).collect()
    };
    world.refuses(JSON, (400, "malformed"), json).await;
    let forms = |operation: &Operation| {
        let good = good_body(operation);
        let all = form(&good);
        let mut bodies = Vec::new();
        for pair in &good {
            let escaped: String = pair.0.bytes().map(|byte| format!("%{byte:02x}")).collect();
            bodies.push(format!("{all}&{}", form(&[(pair.0.clone(), pair.1.clone())].into_iter().collect())));
            bodies.push(format!("{escaped}=x&{all}"));
            bodies.push(format!("{all}&{}", pair.0));
        }
        bodies.into_iter().map(String::into_bytes).collect()
    };
    world.refuses(FORM, (400, "malformed"), forms).await;
}

/// The good body with something in one field that is not for a writer of JSON.
fn body_text_with(operation: &Operation, field: &str, raw: &str) -> String {
    const MARK: &str = "\"@mark@\"";
    Value::Object(body_with(operation, field, json!("@mark@"))).to_string().replace(MARK, raw)
}

/// In place of a value.
const NO_VALUES: [&str; 24] = [
    r#""\ud800""#,
    r#""\udc00""#,
    r#""\ud83d\u0041""#,
    r#""\udc00\ud800""#,
    "\"a\0b\"",
    "\"a\nb\"",
    r#""\x41""#,
    r#""\u12""#,
    "'a'",
    "`a`",
    "NaN",
    "Infinity",
    "1e999",
    "01",
    "+1",
    ".5",
    "1.",
    "0x10",
    "undefined",
    "True",
    "",
    "\"a",
    "/**/\"a\"",
    "\"a\"\"b\"",
];
/// In place of a body.
const NO_OBJECTS: [&str; 17] = [
    "null", "true", "0", "\"a\"", "[]", "[{}]", "{", "}", "{}{}", "{},", "{,}", "{\"a\"}", "{a:1}", "{1:1}", "nul",
    " ", "a=b",
];

#[tokio::test]
async fn api_4_what_is_not_json_is_refused_at_every_operation() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let bodies = |operation: &Operation| {
        let good = String::from_utf8(text(good_body(operation))).unwrap();
        let first = good_body(operation).keys().next().unwrap().clone();
        let mut bodies: Vec<Vec<u8>> = NO_OBJECTS.map(|whole| whole.as_bytes().to_vec()).to_vec();
        bodies.extend(NO_VALUES.map(|raw| body_text_with(operation, &first, raw).into_bytes()));
        for bytes in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"] {
            let body = body_text_with(operation, &first, "\"@@\"").into_bytes();
            let at = body.windows(2).position(|two| two == b"@@").unwrap();
            bodies.push([&body[..at], bytes, &body[at + 2..]].concat());
        }
        let wrapped = [
            format!("[{good}]"),
            format!("{good}{good}"),
            format!("{good},"),
            format!("{good}x"),
            format!("{good}\0"),
            format!("{good}\u{1a}"),
            format!("//\n{good}"),
            format!(")]}}'\n{good}"),
            format!("\u{feff}{good}"),
            good.replace('}', ",}"),
            good[..good.len() - 1].to_owned(),
        ];
        bodies.extend(wrapped.map(String::into_bytes));
        let utf16 = |bytes: fn(u16) -> [u8; 2]| good.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        bodies.extend([utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]);
        bodies.push([&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat());
        bodies.push(good.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect());
        bodies
    };
    world.refuses(JSON, (400, "malformed"), bodies).await;
}

#[tokio::test]
async fn api_2_deep_json_is_refused_at_every_operation() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let bodies = |operation: &Operation| {
        let first = good_body(operation).keys().next().unwrap().clone();
        let mut bodies = Vec::new();
        for depth in [32, 127, 128, 129, 1000, 5000, 7000] {
            let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            bodies.push(body_text_with(operation, &first, &nested));
            bodies.push(body_text_with(operation, &first, &"[".repeat(depth)));
            bodies.push("[".repeat(depth));
            if depth < 2000 {
                let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
                bodies.push(body_text_with(operation, &first, &objects));
            }
        }
        bodies.into_iter().map(String::into_bytes).collect()
    };
    world.refuses(JSON, (400, "malformed"), bodies).await;
}

#[tokio::test]
async fn api_2_a_large_body_is_refused_at_every_operation_whether_it_says_so_or_not() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    for kind in [JSON, FORM] {
        let bodies = |operation: &Operation| {
            let first = good_body(operation).keys().next().unwrap().clone();
            let huge = body_text_with(operation, &first, &format!("\"{}\"", "x".repeat(1024 * 1024)));
            let spaces = format!("{}{}", " ".repeat(16 * 1024), String::from_utf8(text(good_body(operation))).unwrap());
            let bodies =
                if kind == JSON { vec![huge, spaces] } else { vec![format!("{first}={}", "x".repeat(1024 * 1024))] };
            bodies.into_iter().map(String::into_bytes).collect()
        };
        world.refuses(kind, (413, "too_large"), bodies).await;
        for operation in operations_with_a_body().iter().filter(|operation| operation.takes(kind)) {
            let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1024]));
            let reply = world.send(operation, kind, Body::from_stream(endless)).await;
            let what = format!("{} without an end", operation.name());
            assert_eq!(refused(&reply, 413, &what)["code"], "too_large", "{what}");
            // A length that is not true is the wire's to find out; one that is far too large is not waited for.
            let request =
                world.request(operation).header("content-type", kind).header("content-length", "18446744073709551615");
            let reply = app.send(request.body(Body::from("{}")).unwrap()).await;
            crate::api::hostile::refused_somehow(&reply, &what);
        }
    }
    world.is_unchanged("large bodies").await;
}

/// Kinds that are near enough to be guessed at, which nobody does (no sniffing, no `+json`).
const OTHERS: [&str; 18] = [
    "",
    "text/json",
    "text/plain",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/problem+json",
    "application/ld+json",
    "application/vnd.api+json",
    "application/jsonp",
    "application/json5",
    "application/x-ndjson",
    "application/json, application/json",
    "application/json,text/plain",
    "application/json application/json",
    "application / json",
    "multipart/form-data; boundary=x",
    "application/xml",
    "*/*",
];

#[tokio::test]
async fn api_1_a_body_of_another_kind_is_refused_at_every_operation() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let mut taken = Vec::new();
    for operation in operations_with_a_body() {
        let body = text(good_body(&operation));
        let mut kinds: Vec<Vec<&str>> = OTHERS.iter().map(|kind| vec![*kind]).collect();
        kinds.extend([
            vec![],
            vec![JSON, JSON],
            vec![JSON, "text/plain"],
            vec!["text/plain", JSON],
            vec![JSON, FORM],
            vec![FORM, JSON],
        ]);
        // The form of the registration page goes to the same address.
        if !operation.takes(FORM) && operation.path != "/register" {
            kinds.push(vec![FORM]);
        }
        for kinds in kinds {
            let request =
                kinds.iter().fold(world.request(&operation), |request, kind| request.header("content-type", *kind));
            let reply = app.send(request.body(Body::from(body.clone())).unwrap()).await;
            let what = format!("{} as {kinds:?}", operation.name());
            if reply.status == 415 && reply.json()["code"] == "unsupported_media_type" {
                refused(&reply, 415, &what);
            } else {
                taken.push(format!("{what}: {} {}", reply.status, reply.body));
            }
        }
        for kind in [
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-16",
            " application/json ;",
        ] {
            let reply = world.send(&operation, kind, "[]").await;
            let what = format!("{} as {kind}", operation.name());
            assert_eq!(refused(&reply, 400, &what)["code"], "malformed", "{what}: JSON is UTF-8 (RFC 8259 §8.1)");
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
    world.is_unchanged("other kinds").await;
}

#[tokio::test]
async fn api_4_a_form_that_is_not_text_is_refused() {
    let app = TestApp::new().await;
    let world = World::of(&app).await;
    let bodies = |operation: &Operation| {
        let first = good_body(operation).keys().next().unwrap().clone();
        ["%ff", "%c0%80", "%ed%a0%80", "%e2%82"].map(|bytes| format!("{first}={bytes}").into_bytes()).to_vec()
    };
    world.refuses(FORM, (400, "malformed"), bodies).await;
}
