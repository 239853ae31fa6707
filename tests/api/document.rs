//! What the API says about itself.

use latchkey::paths::api::{DOCS, KEYS, OPENAPI, REDOC};
use latchkey::server::rest::openapi;
use serde_json::Value;

use crate::support::TestApp;

fn document() -> Value {
    serde_json::from_str(openapi::text()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'static str)| format!("{item} {path}");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = ["get", "put", "post", "delete", "patch"];
            methods.into_iter().filter_map(move |method| Some((of_path((path, method)), item.get(method)?)))
        })
        .collect()
}

#[test]
fn the_document_is_the_one_that_readers_have() {
    let kept = std::fs::read_to_string("docs/openapi.json").unwrap();
    assert!(
        kept == openapi::text(),
        "docs/openapi.json is not what the handlers say: latchkey openapi > docs/openapi.json"
    );
}

#[tokio::test]
async fn the_server_gives_the_same_document() {
    let app = TestApp::new().await;
    let reply = app.api().get(OPENAPI).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.body, openapi::text());
}

#[tokio::test]
async fn cfg_3_production_shows_its_description_only_when_it_is_told_to() {
    let production = [("LATCHKEY_ENV", "production"), ("LATCHKEY_PUBLIC_URL", "http://127.0.0.1:3000")];
    let told = [production[0], production[1], ("LATCHKEY_DOCS", "true")];
    for (settings, status) in
        [(&production[..], 404), (&told[..], 200), (&[("LATCHKEY_DOCS", "false")][..], 404), (&[], 200)]
    {
        let app = TestApp::with(settings).await;
        for path in [OPENAPI, DOCS, REDOC] {
            assert_eq!(app.api().get(path).await.status, status, "{path} with {settings:?}");
        }
        assert_eq!(app.api().get(KEYS).await.status, 200);
    }
}

#[test]
fn every_operation_is_described_with_every_refusal_that_it_shares() {
    let document = document();
    let operations = operations(&document);
    assert!(operations.len() >= 14);
    for (name, operation) in operations {
        for text in ["summary", "operationId"] {
            assert!(operation[text].as_str().is_some_and(|text| text.len() > 2), "{name} has no {text}");
        }
        let responses = operation["responses"].as_object().unwrap();
        let mut expected = vec!["400", "405", "431", "500", "503"];
        if operation.get("security").is_some() {
            expected.push("401");
        }
        if operation.get("requestBody").is_some() {
            expected.extend(["413", "415", "422"]);
        }
        for status in expected {
            assert!(responses.contains_key(status), "{name} does not say {status}");
        }
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|text| text.len() > 8), "{name} {status}");
            let content = response["content"].as_object();
            match status.as_str() {
                // What is not changed is not sent; too large a head is refused before there is a request to answer.
                "204" | "304" | "431" => assert!(content.is_none(), "{name}"),
                "200" => assert!(content.is_some_and(|content| content.contains_key("application/json")), "{name}"),
                _ => assert!(
                    content.is_some_and(|content| content.contains_key("application/problem+json")),
                    "{name} {status}"
                ),
            }
        }
    }
}

#[test]
fn reg_5_no_body_takes_a_field_that_is_not_described() {
    let document = document();
    let bodies = operations(&document);
    let contents = bodies.iter().filter_map(|(_, operation)| operation["requestBody"]["content"].as_object());
    let mut count = 0;
    for content in contents.flat_map(|content| content.values()) {
        let name = content["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let schema = &document["components"]["schemas"][name];
        // RFC 6749 §3.2: what a client of OAuth adds is passed over.
        let is_open = ["Credentials", "LogoutRequest", "RefreshRequest"].contains(&name);
        assert_eq!(schema.get("additionalProperties"), (!is_open).then_some(&Value::Bool(false)), "{name}");
        // Where only one of two fields may be sent, the body as a whole has the example.
        let has_example = |described: &Value| described.get("example").or(schema.get("example")).is_some();
        for (property, described) in schema["properties"].as_object().unwrap() {
            assert!(described["description"].is_string() && has_example(described), "{name}.{property}");
        }
        count += 1;
    }
    assert!(count >= 9);
}
