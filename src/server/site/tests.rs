//! Which form of a file is sent, under which name, and for how long it may be kept.

use super::*;

/// The word `raw`, as gzip has it.
const RAW: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x2b\x4a\x2c\x07\x00\x55\xdb\xb3\x1a\x03\x00\x00\x00";

static FILES: [Embedded; 2] = [
    Embedded { path: "/pkg/latchkey.css", hashed_path: "/pkg/latchkey.00ff.css", hash: "00ff", br: b"br", gzip: RAW },
    Embedded { path: "/favicon.svg", hashed_path: "/favicon.11ee.svg", hash: "11ee", br: b"", gzip: RAW },
];

fn headers(name: header::HeaderName, values: &[&'static str]) -> HeaderMap {
    values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
}

fn header(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn bytes(response: Response) -> Bytes {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

#[test]
fn pages_link_to_the_name_with_the_hash() {
    let links = links_in(&FILES);
    assert_eq!((links.style_sheet, links.icon), ("/pkg/latchkey.00ff.css", "/favicon.11ee.svg"));
    assert_eq!(links_in(&[]).style_sheet, "/pkg/latchkey.css");
}

#[tokio::test]
async fn the_smallest_form_that_the_client_takes_is_sent() {
    for (accepted, coding) in [
        (&["gzip, deflate, br, zstd"][..], "br"),
        (&["gzip", "br"], "br"),
        (&["BR"], "br"),
        (&["gzip;q=1.0, br;q=0"], "gzip"),
        (&["br;Q=0"], ""),
        (&["gzip; q=0.5"], "gzip"),
        (&["br; q=none, x"], ""),
        (&["identity"], ""),
        (&["broad"], ""),
        (&[], ""),
    ] {
        let response = answer(&FILES[0], true, &headers(header::ACCEPT_ENCODING, accepted)).unwrap();
        assert_eq!(header(&response, header::CONTENT_ENCODING), coding, "{accepted:?}");
        assert_eq!(header(&response, header::VARY), "accept-encoding");
        assert_eq!(header(&response, header::CONTENT_TYPE), "text/css; charset=utf-8");
        let sent: &[u8] = match coding {
            "br" => b"br",
            "gzip" => RAW,
            _ => b"raw",
        };
        assert_eq!(bytes(response).await, sent, "{accepted:?}");
    }
}

#[test]
fn only_the_name_with_the_hash_is_kept_for_good() {
    let (file, is_hashed) = find(&FILES, "/favicon.11ee.svg").unwrap();
    let response = answer(file, is_hashed, &HeaderMap::new()).unwrap();
    assert_eq!(header(&response, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    let (file, is_hashed) = find(&FILES, "/favicon.svg").unwrap();
    assert_eq!(header(&answer(file, is_hashed, &HeaderMap::new()).unwrap(), header::CACHE_CONTROL), "no-cache");
    assert!(find(&FILES, "/favicon.00ff.svg").is_none());
}

#[test]
fn a_client_that_has_the_file_is_told_so() {
    for (known, status) in [
        (&["\"00ff\""][..], 304),
        (&["\"a\", W/\"00ff\""], 304),
        (&["\"a\"", "\"00ff\""], 304),
        (&["*"], 304),
        (&["\"00ff-br\""], 200),
        (&["00ff"], 200),
    ] {
        let response = answer(&FILES[0], true, &headers(header::IF_NONE_MATCH, known)).unwrap();
        assert_eq!(response.status(), status, "{known:?}");
        assert_eq!(header(&response, header::ETAG), "\"00ff\"");
    }
}

#[tokio::test]
async fn a_build_without_a_site_reads_packages_where_npm_put_them() {
    assert!(!PACKAGED.is_empty());
    for (path, file) in PACKAGED {
        let served = match from_folder(path) {
            Some(response) => Some(bytes(response).await.to_vec()),
            None => None,
        };
        // Where npm was not run there is nothing to serve, and nothing else breaks.
        assert_eq!(served, fs::read(file).ok(), "{path}");
    }
}

#[test]
fn a_path_never_leaves_the_folder() {
    for path in ["/../Cargo.toml", "/pkg/../../Cargo.toml", "//etc/passwd", "/pkg/.git", "/pkg/%2e%2e/x", "/", ""] {
        assert!(from_folder(path).is_none(), "{path}");
    }
}
