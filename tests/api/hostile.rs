//! What the hostile tests share: the operations of the document, and what every refusal looks like.

use latchkey::server::rest::openapi;
use serde_json::Value;

use crate::support::Reply;

/// An operation of the OpenAPI document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `GET`.
    pub method: String,
    /// `/users/{id}`.
    pub path: String,
    /// Its description.
    pub about: Value,
    /// The schema of its body; null when it takes none.
    pub body: Value,
}

impl Operation {
    /// `GET /users/{id}`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it wants an access token.
    pub fn wants_token(&self) -> bool {
        self.about["security"].as_array().is_some_and(|ways| ways.iter().all(|way| way != &serde_json::json!({})))
    }

    /// Whether it takes bodies of `kind`.
    pub fn takes(&self, kind: &str) -> bool {
        !self.about["requestBody"]["content"][kind].is_null()
    }

    /// The fields of its body whose JSON type is among `types`.
    pub fn fields_of(&self, wanted: &str) -> Vec<String> {
        let Some(properties) = self.body["properties"].as_object() else { return Vec::new() };
        let is_wanted = |schema: &Value| match &schema["type"] {
            Value::String(name) => name == wanted,
            Value::Array(names) => names.iter().any(|name| name == wanted),
            _ => false,
        };
        properties.iter().filter(|(_, schema)| is_wanted(schema)).map(|(name, _)| name.clone()).collect()
    }

    /// Whether it has a field `name`.
    pub fn has_field(&self, name: &str) -> bool {
        !self.body["properties"][name].is_null()
    }
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(openapi::describe()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, about) in item.as_object().unwrap() {
            let Some(_) = about["responses"].as_object() else { continue };
            let content = about["requestBody"]["content"].as_object().and_then(|content| content.values().next());
            let schema = content.and_then(|content| content["schema"]["$ref"].as_str());
            let name = schema.map(|schema| schema.rsplit('/').next().unwrap().to_owned());
            let body = name.map_or(Value::Null, |name| document["components"]["schemas"][name].clone());
            let (method, path) = (method.to_uppercase(), path.clone());
            operations.push(Operation { method, path, about: about.clone(), body });
        }
    }
    assert!(operations.len() >= 14, "the document is not what it was");
    operations
}

/// Those of them that take a body.
pub fn operations_with_a_body() -> Vec<Operation> {
    operations().into_iter().filter(|operation| !operation.body.is_null()).collect()
}

/// The problem of a refusal with this status, after a look at all that every refusal has.
pub fn refused(reply: &Reply, status: u16, what: &str) -> Value {
    assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.said());
    problem(reply, what)
}

/// The same with any status of the client's fault.
pub fn refused_somehow(reply: &Reply, what: &str) -> Value {
    assert!(reply.status.is_client_error(), "{what}: {}", reply.said());
    problem(reply, what)
}

fn problem(reply: &Reply, what: &str) -> Value {
    let problem = reply.json();
    let said = reply.said();
    assert_eq!(reply.header("content-type"), "application/problem+json", "{what}: {said}");
    assert_eq!(reply.header("cache-control"), "no-store", "{what}: {said}");
    assert!(reply.set_cookies().is_empty(), "{what}: {said}");
    assert_eq!(problem["status"].as_u64(), Some(u64::from(reply.status.as_u16())), "{what}: {said}");
    assert_eq!(problem["status_code"], problem["status"], "{what}: {said}");
    assert_eq!(problem["type"], "about:blank", "{what}: {said}");
    assert_eq!(problem["request_id"].as_str(), Some(reply.header("x-request-id")), "{what}: {said}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() >= 10), "{what}: {said}");
    let code = problem["code"].as_str().unwrap_or_default();
    assert!(!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{what}: {said}");
    problem
}

/// What is wrong with `field`, for programs.
pub fn code_of<'a>(problem: &'a Value, field: &str) -> Option<&'a str> {
    let mut errors = problem["errors"].as_array()?.iter();
    errors.find(|error| error["field"] == field)?["code"].as_str()
}
