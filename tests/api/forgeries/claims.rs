//! Signed by the application's own key, with claims that we do not write (RFC 9068 §2.2, §4).

use serde_json::{Value, json};

use super::{Forgery, Workshop, invalid};

/// Every claim in every other type, and missing.
pub fn types(workshop: &Workshop) -> Vec<Forgery> {
    let mut forgeries = Vec::new();
    for (claim, genuine) in workshop.claims.as_object().unwrap() {
        let mut others =
            vec![Value::Null, json!(true), json!({}), json!([]), json!([genuine]), json!({"value": genuine})];
        if genuine.is_number() {
            let number = genuine.as_i64().unwrap();
            let float = f64::from(i32::try_from(number).unwrap());
            others.extend([json!(number.to_string()), json!(float), json!(float + 0.5), json!("never"), json!("")]);
            others.extend([json!([number, number]), json!(u64::MAX), json!(1e300)]);
        } else {
            others.extend([json!(0), json!(1.5), json!([1])]);
            if genuine.is_array() {
                others.extend([json!("admin"), json!([["admin"]]), json!({"admin": true}), json!([null])]);
                others.retain(|value| *value != json!([]));
            }
        }
        for value in others {
            let token = workshop.signed_with_claim(claim, Some(value.clone()));
            forgeries.push(invalid(format!("{claim} is {value}"), token));
        }
        forgeries.push(invalid(format!("no {claim}"), workshop.signed_with_claim(claim, None)));
    }
    // What no writer of JSON writes.
    for number in
        ["1e999", "-1e999", "NaN", "Infinity", "0x6b49d200", "01800000600", "9223372036854775808", "1_800_000_600"]
    {
        let exp = workshop.claims["exp"].to_string();
        let claims = workshop.claims.to_string().replacen(&format!("\"exp\":{exp}"), &format!("\"exp\":{number}"), 1);
        forgeries
            .push(invalid(format!("exp is {number}"), workshop.forger.sign(&workshop.header.to_string(), &claims)));
    }
    forgeries
}

/// Claims of the right type that say something else; `other` are those of somebody else's token.
pub fn values(workshop: &Workshop, other: &Value) -> Vec<Forgery> {
    let text = |claim: &str| workshop.claims[claim].as_str().unwrap().to_owned();
    let (iss, sub, sid) = (text("iss"), text("sub"), text("sid"));
    let mut forgeries = times(workshop);
    for claim in ["iss", "aud"] {
        let host = iss.replace("http://", "");
        for value in [
            "https://evil.example",
            &format!("{iss}/"),
            &iss.to_uppercase(),
            &iss.replace("http:", "https:"),
            &host,
            &format!("{iss}.evil.example"),
            &format!("{iss}@evil.example"),
            &format!(" {iss}"),
            "http://localhost:3000",
            "latchkey",
            "*",
            "",
        ] {
            let token = workshop.signed_with_claim(claim, Some(json!(value)));
            forgeries.push(invalid(format!("{claim} is {value:?}"), token));
        }
    }
    let lists = [json!([iss]), json!([iss, "https://evil.example"]), json!(["https://evil.example", iss])];
    for list in lists {
        forgeries.push(invalid(format!("aud is {list}"), workshop.signed_with_claim("aud", Some(list.clone()))));
        forgeries.push(invalid(format!("iss is {list}"), workshop.signed_with_claim("iss", Some(list))));
    }
    let other_sub = other["sub"].as_str().unwrap();
    for value in [
        other_sub,
        &format!("0{sub}"),
        &format!("+{sub}"),
        &format!("{sub} "),
        &format!("-{sub}"),
        &format!("{sub}.0"),
        "1",
        "0",
        "anna",
        "anna@example.com",
        "",
    ] {
        forgeries.push(invalid(format!("sub is {value:?}"), workshop.signed_with_claim("sub", Some(json!(value)))));
    }
    forgeries.push(invalid("the session of another", workshop.signed_with_claim("sid", Some(other["sid"].clone()))));
    for value in
        ["", "made-up", "' or '1'='1", "%", "*", &format!("{sid} "), &sid.to_uppercase(), &sid[..sid.len() - 1], "\0"]
    {
        let token = workshop.signed_with_claim("sid", Some(json!(value)));
        forgeries.push(Forgery { name: format!("sid is {value:?}"), token, code: "session_ended" });
    }
    for role in ["", "Admin", "admin user", "admin\0", "*", "admin,user", "root!", "\u{430}dmin"] {
        forgeries.push(invalid(format!("role {role:?}"), workshop.signed_with_claim("roles", Some(json!([role])))));
    }
    forgeries
}

fn times(workshop: &Workshop) -> Vec<Forgery> {
    let now = workshop.claims["iat"].as_i64().unwrap();
    let mut forgeries = Vec::new();
    for (claim, value) in
        [("nbf", now + 6), ("iat", now + 6), ("nbf", i64::MAX), ("iat", i64::MAX), ("nbf", now + 86_400)]
    {
        forgeries.push(invalid(format!("{claim} is {value}"), workshop.signed_with_claim(claim, Some(json!(value)))));
    }
    for value in [now - 5, now - 3600, 0, 1] {
        let token = workshop.signed_with_claim("exp", Some(json!(value)));
        forgeries.push(Forgery { name: format!("exp is {value}"), token, code: "expired_token" });
    }
    for value in [-1, i64::MIN, i64::from(i32::MIN)] {
        forgeries.push(invalid(format!("exp is {value}"), workshop.signed_with_claim("exp", Some(json!(value)))));
    }
    forgeries
}

/// A claim or a parameter of the header that is there twice: two readers would believe two different things.
pub fn doubled(workshop: &Workshop) -> Vec<Forgery> {
    let (header, claims) = (workshop.header.to_string(), workshop.claims.to_string());
    let twice = |object: &str, name: &str, value: &str| {
        let inner = object.trim_start_matches('{').trim_end_matches('}');
        [format!("{{\"{name}\":{value},{inner}}}"), format!("{{{inner},\"{name}\":{value}}}")]
    };
    let mut forgeries = Vec::new();
    for (name, value) in workshop.claims.as_object().unwrap() {
        for claims in twice(&claims, name, &value.to_string()) {
            forgeries.push(invalid(format!("{name} twice"), workshop.forger.sign(&header, &claims)));
        }
    }
    for (name, value) in workshop.header.as_object().unwrap() {
        for header in twice(&header, name, &value.to_string()) {
            forgeries.push(invalid(format!("{name} twice in the header"), workshop.forger.sign(&header, &claims)));
        }
    }
    for header in twice(&header, "\\u0061lg", "\"none\"") {
        forgeries.push(invalid("alg twice, one escaped", workshop.forger.sign(&header, &claims)));
    }
    forgeries
}
